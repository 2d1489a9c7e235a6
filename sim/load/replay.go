package load

import (
	"errors"
	"io"

	"github.com/kube-rehearse/rehearse/sim"
)

// Tokens is what a request asks of a model that works in tokens. It is zero
// where nobody said.
type Tokens struct {
	// Input is the length of the prompt, Output that of the answer.
	Input, Output int32
	// New is what of Input was not in the prompt of a session's last turn; 0 is all.
	New int32
	// Prefix are the ids of the prompt's blocks from its beginning on: two
	// requests that begin with the same ids share that much of their prompts.
	Prefix []uint64
	// Lengths are how many tokens each of Prefix stands for; without it that is
	// PrefixTokens.
	Lengths []int32
}

// Arrival is one request of a trace.
type Arrival struct {
	// At counts from the start of the traffic.
	At sim.Time
	Tokens
}

// Trace yields recorded arrivals, one after the other.
type Trace interface {
	// Next fills in the next arrival, at or after the one before; it may use
	// the memory of its Prefix. After the last the error is io.EOF.
	Next(*Arrival) error
	// Close ends reading.
	Close() error
}

// replay gives the arrivals of a trace.
type replay struct {
	trace   Trace
	horizon sim.Time
	current Arrival
	err     error // the first, but io.EOF
}

func (r *replay) next() sim.Time {
	if r.trace == nil {
		return sim.Never
	}
	err := r.trace.Next(&r.current)
	if err != nil || r.current.At >= r.horizon {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		r.err = errors.Join(err, r.close())
		return sim.Never
	}
	return r.current.At
}

func (r *replay) close() error {
	if r.trace == nil {
		return nil
	}
	t := r.trace
	r.trace = nil
	return t.Close()
}
