// Package replicate plays the replications of a Spec side by side. It is the
// only place of the engine with goroutines: a world lives on one, shares
// nothing with the others, and its records come out in the order of the
// replications, whatever the number of cores.
package replicate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Interrupted says how far a run had come when it was stopped.
type Interrupted struct {
	// Complete of Replications were simulated to their end and handed over.
	Complete, Replications int
	// Reached is how far the next one was.
	Reached sim.Time
	// Cause is context.Cause of the context that stopped it.
	Cause error
}

func (e *Interrupted) Error() string { return "interrupted: " + e.Progress() }

// Unwrap returns the cause.
func (e *Interrupted) Unwrap() error { return e.Cause }

// Progress says how far the run had come.
func (e *Interrupted) Progress() string {
	return fmt.Sprintf("%d of %d replications are complete, the next one was at %s", e.Complete,
		e.Replications, time.Duration(e.Reached).Round(time.Second))
}

// result is a replication that has been played.
type result struct {
	records []record.Record
	reached sim.Time
	err     error
}

// Run plays all replications, at most workers at a time, and hands their
// records to emit: the header first, then replication after replication.
// progress, if given, is called from the calling goroutine after each.
//
// When ctx is done the complete replications at the head have been handed over
// and the error is an *Interrupted. Any other error is the first of emit or of
// the engine; a panic of the engine becomes an error with its stack. The records
// of a replication that failed are handed over up to there, and end with an End
// whose reason is not horizon.
func Run(ctx context.Context, spec *cluster.Spec, workers int, progress func(done int),
	emit func(record.Record) error) error {
	if err := emit(spec.Header()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers = max(1, min(workers, spec.Replications))

	// A replication may run ahead of the next one to be handed over by so
	// many, which bounds the records in memory.
	ahead := make(chan struct{}, 2*workers)
	results := make([]chan result, spec.Replications)
	for i := range results {
		results[i] = make(chan result, 1)
	}
	turns := make(chan int)
	for range workers {
		go func() {
			for i := range turns {
				results[i] <- play(ctx, spec, i)
			}
		}()
	}
	go func() {
		defer close(turns)
		for i := range results {
			ahead <- struct{}{}
			turns <- i
		}
	}()

	var failure error
	for i := range results {
		r := <-results[i]
		<-ahead
		if failure != nil {
			continue // drain, so that every goroutine ends
		}
		failure = handOver(r, i, spec.Replications, emit)
		var interrupted *Interrupted
		if errors.As(failure, &interrupted) {
			interrupted.Cause = context.Cause(ctx)
		}
		if failure != nil {
			cancel()
		} else if progress != nil {
			progress(i + 1)
		}
	}
	return failure
}

func handOver(r result, i, of int, emit func(record.Record) error) error {
	switch {
	case errors.Is(r.err, context.Canceled) || errors.Is(r.err, context.DeadlineExceeded):
		return &Interrupted{Complete: i, Replications: of, Reached: r.reached}
	}
	for _, rec := range r.records {
		if err := emit(rec); err != nil {
			return err
		}
	}
	if r.err != nil {
		return fmt.Errorf("replication %d: %w", i, r.err)
	}
	return nil
}

func play(ctx context.Context, spec *cluster.Spec, replication int) (r result) {
	if err := ctx.Err(); err != nil {
		return result{err: err}
	}
	sink := &record.Memory{}
	w, err := cluster.New(spec, replication, sink)
	if err != nil {
		return result{err: err}
	}
	defer w.Close()
	defer func() {
		if p := recover(); p != nil {
			end := record.End{At: record.At{Replication: replication, T: w.Now()}, Reason: record.Broken}
			r = result{append(sink.Records, end), w.Now(), fmt.Errorf("internal error at %s: %v\n%s", w.Now(), p, debug.Stack())}
		}
	}()
	err = w.Run(ctx)
	return result{records: sink.Records, reached: w.Now(), err: err}
}
