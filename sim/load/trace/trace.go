package trace

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// Format is how a trace is written.
type Format string

// The formats. Auto is JSONL, or Mooncake, when the first line is an object,
// and CSV otherwise; CSV knows the columns of Azure by their names.
const (
	Auto  Format = ""
	CSV   Format = "csv"
	JSONL Format = "jsonl"
	// Azure is TIMESTAMP,ContextTokens,GeneratedTokens (AzurePublicDataset,
	// AzureLLMInferenceDataset2023).
	Azure Format = "azure"
	// Mooncake is JSON lines of timestamp (ms), input_length, output_length and
	// hash_ids (Qin et al., FAST '25).
	Mooncake Format = "mooncake"
	// ServeGen is rows of t,rate,cv,pattern,arg1,arg2 without a header: one
	// client's arrivals as a law for each window (Xiang et al. 2025).
	ServeGen Format = "servegen"
)

// Formats are those that a user can name.
var Formats = []string{string(CSV), string(JSONL), string(Azure), string(Mooncake), string(ServeGen)}

// Columns are the names of the columns, or of the members of an object; an
// empty one is looked for under its usual names.
type Columns struct{ Time, Input, Output, Prefix string }

// Options say how a trace is read and played.
type Options struct {
	Format  Format
	Columns Columns
	// Unit is that of times that are plain numbers; 0 is a second, for Mooncake
	// a millisecond.
	Unit time.Duration
	// From is where in the trace playing begins, from its first request on.
	From time.Duration
	// Stretch multiplies all times: 2 plays at half the speed.
	Stretch float64
	// RateScale multiplies the number of requests: below 1 every so many is
	// left out, above 1 copies stand evenly before the next request.
	RateScale float64
	// Loop begins again after the end.
	Loop bool
	// Horizon is how far it is played, from its start on; 0 is no limit. It
	// ends the search for a request in a loop of almost idle windows.
	Horizon sim.Time
}

// Trace is a trace that was read through once and found good.
type Trace struct {
	name    string
	open    func() (io.ReadCloser, error)
	options Options
	summary Summary
}

// Summary is what a trace holds from Options.From on.
type Summary struct {
	// Requests is their number; of ServeGen, the number of windows.
	Requests int64
	// First and Last are times of requests since the first of the trace; of
	// ServeGen, the begin and the end of the windows.
	First, Last sim.Time
	// Tokens says whether any request has them.
	Tokens bool
}

// Error is a fault of a trace. Good is how many good lines stand before it.
type Error struct {
	File    string
	Line    int // 0 when it is about the whole
	Good    int64
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text())
}

// Text is the message without its place.
func (e *Error) Text() string {
	if e.Line == 0 {
		return e.Message
	}
	if e.Good == 1 {
		return e.Message + ", 1 good line before"
	}
	return fmt.Sprintf("%s, %d good lines before", e.Message, e.Good)
}

// minRound and minWindows are the shortest traces that loop, of requests and
// of ServeGen, which may bring none in a round: every round reads the file
// again.
const (
	minRound   = sim.Time(time.Second)
	minWindows = sim.Time(time.Minute)
)

// Check returns the fault of an option as "field: must …, got …".
func (o *Options) Check() error {
	switch {
	case o.Format != Auto && !slices.Contains(Formats, string(o.Format)):
		return fmt.Errorf("format: must be one of %s, got %.60q", strings.Join(Formats, ", "), o.Format)
	case !(o.Stretch >= 1e-3 && o.Stretch <= 1e3):
		return fmt.Errorf("stretch: must be from 0.001 to 1000, got %v", o.Stretch)
	case !(o.RateScale >= 1e-3 && o.RateScale <= 1e3):
		return fmt.Errorf("rateScale: must be from 0.001 to 1000, got %v", o.RateScale)
	case o.From < 0:
		return fmt.Errorf("from: must be at least 0s, got %s", o.From)
	case o.Format != CSV && o.Format != JSONL && o.Format != Auto && o.Columns != (Columns{}):
		return fmt.Errorf("columns: must be left out for the format %s, which has its own", o.Format)
	}
	return nil
}

// New reads a trace through, without keeping it, and returns the first fault
// as *Error. open is called for every reading, each reader is closed.
func New(name string, open func() (io.ReadCloser, error), o Options) (*Trace, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	t := &Trace{name: name, open: open, options: o}
	var err error
	if o.Format == ServeGen {
		err = t.scanWindows()
	} else {
		err = t.scan()
	}
	return t, err
}

// Summary is what the trace holds.
func (t *Trace) Summary() Summary { return t.summary }

// Length is how long one round of playing takes, to its last request.
func (t *Trace) Length() time.Duration {
	return time.Duration(stretched(t.summary.Last-sim.Time(t.options.From), t.options.Stretch))
}

// Open begins to play the trace. Only ServeGen draws from r.
func (t *Trace) Open(r *rand.Rand) (load.Trace, error) {
	if t.options.Format == ServeGen {
		return t.openWindows(r)
	}
	return newPlayer(t)
}

func (t *Trace) fault(format string, arguments ...any) error {
	return &Error{File: t.name, Message: fmt.Sprintf(format, arguments...)}
}

// scan counts the requests from Options.From on.
func (t *Trace) scan() error {
	d, err := newDecoder(t)
	if err != nil {
		return err
	}
	defer d.close()
	var a load.Arrival
	from := sim.Time(t.options.From)
	for {
		err := d.next(&a)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if a.At < from {
			t.summary.Last = a.At
			continue
		}
		if t.summary.Requests == 0 {
			t.summary.First = a.At
		}
		t.summary.Requests++
		t.summary.Last = a.At
		t.summary.Tokens = t.summary.Tokens || a.Input > 0 || a.Output > 0
	}
	switch s := t.summary; {
	case d.good() == 0:
		return t.fault("must hold at least one request")
	case s.Requests == 0:
		return fmt.Errorf("from: must be at or before the last request of the trace, at %s, got %s", s.Last, t.options.From)
	case t.options.Loop && s.Last-s.First < minRound:
		return fmt.Errorf("loop: must be left out for a trace of less than %s, got %s", minRound, s.Last-s.First)
	}
	return nil
}
