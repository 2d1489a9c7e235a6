package trace

import (
	"errors"
	"io"
	"math"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// player plays a trace of requests with its options. It reads one request
// ahead, to place copies before it.
type player struct {
	trace   *Trace
	decoder decoder
	base    sim.Time // of the round, after stretching
	period  sim.Time // of a round
	taken   int64    // requests of the trace so far

	now, ahead    load.Arrival
	more          bool // ahead is a request
	copies, given int64
}

func newPlayer(t *Trace) (*player, error) {
	d, err := newDecoder(t)
	if err != nil {
		return nil, err
	}
	p := &player{trace: t, decoder: d}
	if s := t.summary; t.options.Loop {
		// A round ends a mean gap after its last request.
		span := float64(s.Last-s.First) * float64(s.Requests) / float64(s.Requests-1)
		p.period = max(1, stretched(sim.Time(span), t.options.Stretch))
	}
	if err := p.fetch(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func stretched(t sim.Time, by float64) sim.Time {
	if by == 1 {
		return t
	}
	if s := float64(t) * by; s < 9e18 {
		return sim.Time(s)
	}
	return sim.Never
}

// fetch reads the request ahead.
func (p *player) fetch() error {
	o := &p.trace.options
	for {
		err := p.decoder.next(&p.ahead)
		if errors.Is(err, io.EOF) {
			p.more = false
			if !o.Loop {
				return nil
			}
			if err := p.again(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if at := p.ahead.At - sim.Time(o.From); at >= 0 {
			p.ahead.At = p.base + min(sim.Never-p.base, stretched(at, o.Stretch))
			p.more = true
			return nil
		}
	}
}

// again opens the trace for another round.
func (p *player) again() error {
	if p.base > sim.Never-p.period {
		return io.EOF
	}
	p.base += p.period
	if err := p.decoder.close(); err != nil {
		return err
	}
	d, err := newDecoder(p.trace)
	if err == nil {
		p.decoder = d
	}
	return err
}

// Next implements load.Trace.
func (p *player) Next(a *load.Arrival) error {
	for p.given == p.copies {
		if !p.more {
			return io.EOF
		}
		p.now, p.ahead = p.ahead, p.now
		if err := p.fetch(); err != nil {
			return err
		}
		// Of the first n requests exactly ⌊n × RateScale⌋ are played.
		scale := p.trace.options.RateScale
		p.copies = int64(math.Floor(float64(p.taken+1)*scale)) - int64(math.Floor(float64(p.taken)*scale))
		p.taken, p.given = p.taken+1, 0
	}
	a.At, a.Input, a.Output = p.now.At, p.now.Input, p.now.Output
	a.Prefix = append(a.Prefix[:0], p.now.Prefix...)
	if p.given > 0 && p.more {
		a.At += sim.Time(float64(p.ahead.At-p.now.At) * float64(p.given) / float64(p.copies))
	}
	p.given++
	return nil
}

// Close implements load.Trace.
func (p *player) Close() error { return p.decoder.close() }
