package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// lastWindow is the length of a window that is alone in its file: ServeGen's
// have 600 s.
const lastWindow = sim.Time(600 * time.Second)

// window is a row: from At on requests come at a rate, with gaps of a law.
type window struct {
	at   sim.Time // since the first row
	rate float64  // per second
	law  load.Gaps
}

// windows reads ServeGen's rows.
type windows struct {
	clock
	cells [][]byte
}

func (t *Trace) windows() (*windows, error) {
	l, err := openLines(t.name, t.open)
	if err != nil {
		return nil, err
	}
	unit := t.options.Unit
	if unit == 0 {
		unit = time.Second
	}
	return &windows{clock: clock{lines: l, unit: unit}}, nil
}

// next reads a row t,rate,cv,pattern,arg1,arg2. An idle one has rate 0; what
// else it has does not count.
func (w *windows) next(into *window) error {
	line, err := w.lines.next()
	if err != nil {
		return err
	}
	if w.cells = bytes.Split(line, []byte(",")); len(w.cells) != 6 {
		return w.fault("must have 6 columns, t,rate,cv,pattern,arg1,arg2, got %d", len(w.cells))
	}
	for i := range w.cells {
		w.cells[i] = bytes.TrimSpace(w.cells[i])
	}
	before, begun := w.last, w.begun
	if into.at, err = w.read(w.cells[0]); err != nil {
		return err
	}
	if begun && w.last == before {
		return w.fault("t: must be after the row before, got %.40q twice", w.cells[0])
	}
	if into.rate, err = w.number(1, "rate", 0, 1e7); err != nil {
		return err
	}
	into.law = nil
	if into.rate > 0 {
		if into.law, err = w.gaps(); err != nil {
			return err
		}
	}
	w.lines.good++
	return nil
}

// gaps is the law of a row: the shape stands in arg1, for Gamma it is 1/cv².
// The scale in arg2 is left to the rate.
func (w *windows) gaps() (load.Gaps, error) {
	pattern := string(w.cells[3])
	if pattern != "Gamma" && pattern != "Weibull" {
		return nil, w.fault("pattern: must be Gamma or Weibull, got %.40q", pattern)
	}
	low := 1e-4
	if pattern == "Weibull" {
		low = 0.05 // below, the mean of the law is out of reach
	}
	shape, err := w.number(4, "arg1", low, 1e6)
	if err != nil {
		return nil, err
	}
	if pattern == "Gamma" {
		return load.GammaGaps(shape), nil
	}
	return load.WeibullGaps(shape), nil
}

func (w *windows) number(column int, name string, low, high float64) (float64, error) {
	v, err := strconv.ParseFloat(string(w.cells[column]), 64)
	if err != nil || !(v >= low && v <= high) {
		return 0, w.fault("%s: must be a number from %v to %v, got %.40q", name, low, high, w.cells[column])
	}
	return v, nil
}

func (t *Trace) scanWindows() error {
	w, err := t.windows()
	if err != nil {
		return err
	}
	defer w.close()
	var row window
	length, busy, before := lastWindow, false, false
	from := sim.Time(t.options.From)
	for {
		err := w.next(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if t.summary.Requests > 0 {
			length = row.at - t.summary.Last
			busy = busy || (before && row.at > from)
		}
		t.summary.Requests++
		t.summary.Last = row.at
		before = row.rate > 0
	}
	if t.summary.Requests == 0 {
		return t.fault("must hold at least one window")
	}
	t.summary.Last += length
	if from >= t.summary.Last {
		return fmt.Errorf("from: must be before the end of the trace, at %s, got %s", t.summary.Last, t.options.From)
	}
	if !busy && !before {
		return t.fault("must hold a window with a rate above 0")
	}
	t.summary.First = from
	if length := t.summary.Last - from; t.options.Loop && length < minWindows {
		return fmt.Errorf("loop: must be left out for windows of less than %s, got %s", minWindows, length)
	}
	return nil
}

// generator makes the arrivals of ServeGen's windows. Each window is a renewal
// process of its own that begins in equilibrium, so it brings as many requests
// in the mean as it says.
type generator struct {
	trace  *Trace
	random *rand.Rand
	rows   *windows
	base   float64 // seconds: the begin of the round, after stretching

	row, ahead window
	more       bool
	at, end    float64 // seconds since the start: the last arrival, the end of the row
	fresh      bool
}

func (t *Trace) openWindows(r *rand.Rand) (*generator, error) {
	g := &generator{trace: t, random: r}
	return g, g.begin()
}

// begin opens a round.
func (g *generator) begin() error {
	rows, err := g.trace.windows()
	if err != nil {
		return err
	}
	g.rows = rows
	if err := g.rows.next(&g.ahead); err != nil {
		return err
	}
	g.more = true
	return g.advance()
}

// seconds is when an instant of the trace is played.
func (g *generator) seconds(t sim.Time) float64 {
	return g.base + (t-sim.Time(g.trace.options.From)).Seconds()*g.trace.options.Stretch
}

// advance goes to the next row. io.EOF is the end.
func (g *generator) advance() error {
	if !g.more {
		o := &g.trace.options
		g.base = g.seconds(g.trace.summary.Last)
		if !o.Loop || (o.Horizon > 0 && g.base > o.Horizon.Seconds()) || g.base > sim.Never.Seconds() {
			return io.EOF
		}
		if err := g.rows.close(); err != nil {
			return err
		}
		return g.begin()
	}
	g.row = g.ahead
	end := g.trace.summary.Last
	switch err := g.rows.next(&g.ahead); {
	case err == nil:
		end = g.ahead.at
	case errors.Is(err, io.EOF):
		g.more = false
	default:
		return err
	}
	g.at, g.end, g.fresh = max(g.base, g.seconds(g.row.at)), g.seconds(end), true
	return nil
}

// Next implements load.Trace.
func (g *generator) Next(a *load.Arrival) error {
	for {
		if g.row.rate > 0 && g.end > g.at {
			gap := 0.0
			if g.fresh {
				gap, g.fresh = g.row.law.Residual(g.random), false
			} else {
				gap = g.row.law.Gap(g.random)
			}
			o := &g.trace.options
			g.at += gap / g.row.rate / o.RateScale * o.Stretch
			if g.at < g.end {
				*a = load.Arrival{At: sim.Time(math.Min(g.at*1e9, 9e18)), Tokens: load.Tokens{Prefix: a.Prefix[:0]}}
				return nil
			}
		}
		if err := g.advance(); err != nil {
			return err
		}
	}
}

// Close implements load.Trace.
func (g *generator) Close() error { return g.rows.close() }
