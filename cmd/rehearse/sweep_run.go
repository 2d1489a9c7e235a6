package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/kube-rehearse/rehearse/report/sweep"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// sweeper plays settings and appends them to a file.
type sweeper struct {
	paths   []string
	options scenarios.Options
	streams Streams
	out     string
	format  sweep.Format
	head    sweep.Head
	values  func(setting int) []string

	reading      sync.Mutex // one setting at a time is read: charts and kustomizations are others' code
	replications int
	faulty       int // settings that could not be read
}

func (w *sweeper) load(setting int) (*cluster.Spec, error) {
	return load(w.paths, withSetting(w.options, w.head.Dimensions, w.values(setting)))
}

// run plays what the file lacks.
func (w *sweeper) run(ctx context.Context) error {
	file, from, err := w.open()
	if err != nil {
		return err
	}
	defer file.Close()
	if from > 0 {
		fmt.Fprintf(w.streams.Err, "%s has %d of %d settings: the sweep goes on there\n", scenarios.Visible(w.out), from,
			w.head.Settings)
	}
	ctx, done := w.streams.brake.apply(ctx)
	defer done()
	if at, err := w.play(ctx, file, from); err != nil {
		var stopped *replicate.Interrupted
		if errors.As(err, &stopped) {
			fmt.Fprintf(w.streams.Err, "%s has %d of %d settings: the same command goes on there\n",
				scenarios.Visible(w.out), at, w.head.Settings)
		}
		return asLimit(err)
	}
	if err := file.Close(); err != nil {
		return badInput("--out: %s: %s", scenarios.Visible(w.out), cause(err))
	}
	fmt.Fprintf(w.streams.Out, "SWEEP  %s has all %d settings\n", scenarios.Visible(w.out), w.head.Settings)
	if w.faulty > 0 {
		return badInput("%d of the settings can't be read: their error stands in %s", w.faulty, scenarios.Visible(w.out))
	}
	return nil
}

// open opens the file behind the settings that it has, for this sweep alone.
func (w *sweeper) open() (file *os.File, settings int, err error) {
	fault := func(text string) error { return badInput("--out: %s: %s", scenarios.Visible(w.out), text) }
	file, err = os.OpenFile(w.out, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, 0, fault(cause(err))
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, 0, fault(cause(err))
	case !info.Mode().IsRegular():
		return nil, 0, fault("must be a regular file, which the sweep can go on with")
	case w.streams.inputs.Same(info) != "":
		return nil, 0, fault("must be another file than what is read")
	}
	if err := lock(file); err != nil {
		return nil, 0, fault("must be of no other sweep that goes on")
	}
	settings, stay, err := w.head.Resume(w.format, file)
	if err != nil {
		return nil, 0, fault(err.Error())
	}
	if err = file.Truncate(stay); err == nil {
		_, err = file.Seek(stay, io.SeekStart)
	}
	if err == nil && stay == 0 {
		_, err = file.Write(w.head.Line(w.format))
	}
	if err != nil {
		return nil, 0, fault(cause(err))
	}
	return file, settings, nil
}

// played is a setting that was played, or why it was not.
type played struct {
	cell sweep.Cell
	err  error
}

// play appends settings in their order, which are played side by side. It returns how many
// the file has.
func (w *sweeper) play(ctx context.Context, file io.Writer, from int) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	side := max(1, workers()/min(w.replications, workers()))
	results := make([]chan played, w.head.Settings-from)
	for i := range results {
		results[i] = make(chan played, 1)
	}
	ahead := make(chan struct{}, 2*side) // settings that may be played before one is written
	turns := make(chan int)
	for range side {
		go func() {
			for i := range turns {
				results[i] <- w.one(ctx, from+i)
			}
		}()
	}
	go func() {
		defer close(turns)
		for i := range results {
			select {
			case ahead <- struct{}{}:
			case <-ctx.Done():
				for ; i < len(results); i++ {
					results[i] <- played{err: &replicate.Interrupted{Cause: context.Cause(ctx), Replications: w.replications}}
				}
				return
			}
			turns <- i
		}
	}()
	began := time.Now()
	for i := range results {
		r := <-results[i]
		if r.err != nil {
			return from + i, r.err
		}
		<-ahead
		if r.cell.Error != "" {
			w.faulty++
		}
		if _, err := file.Write(w.head.Cell(w.format, r.cell)); err != nil {
			return from + i, badInput("--out: %s: %s", scenarios.Visible(w.out), cause(err))
		}
		w.progress(from+i+1, i+1, began)
	}
	return w.head.Settings, nil
}

// progress says on a terminal how long it may still take.
func (w *sweeper) progress(at, now int, began time.Time) {
	if !isTerminal(w.streams.Err) {
		return
	}
	left := time.Duration(float64(time.Since(began)) / float64(now) * float64(w.head.Settings-at))
	fmt.Fprintf(w.streams.Err, "\r\033[K%d/%d settings, %s left", at, w.head.Settings, left.Round(time.Second))
	if at == w.head.Settings {
		fmt.Fprint(w.streams.Err, "\r\033[K")
	}
}

// one plays a setting.
func (w *sweeper) one(ctx context.Context, setting int) played {
	c := sweep.Cell{Setting: setting, Values: w.values(setting)}
	w.reading.Lock()
	spec, err := w.load(setting)
	w.reading.Unlock()
	if err != nil {
		c.Error = err.Error()
		return played{cell: c}
	}
	r, err := play(ctx, spec, nil)
	if err != nil {
		return played{err: err}
	}
	c.Pass, c.Metrics, c.USDPerHour = r.Verdict.Pass, r.Values, priceOf(spec).USDPerHour
	return played{cell: c}
}
