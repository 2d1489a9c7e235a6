package load

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Segment is a stretch of time over which a rate goes along a line. Two
// segments need not meet: a rate may jump.
type Segment struct {
	Length   time.Duration
	From, To float64 // requests per second
}

// Piecewise is a rate made of straight lines. Its integral is exact up to the
// rounding of float64 and costs a binary search, so it may have many segments.
type Piecewise struct {
	start  []sim.Time // of each segment; the last entry is the end
	from   []float64  // requests per second at start
	slope  []float64  // requests per second, per second
	before []float64  // expected arrivals before start
	max    float64
	repeat bool
	offset sim.Time // within the segments, of the rate's time 0
	skip   float64  // expected arrivals before offset
}

// NewPiecewise joins segments. After the last its final rate holds; with
// repeat they begin again. It returns an error for a rate below 0, a length
// below 0, and no length at all where they repeat.
func NewPiecewise(segments []Segment, repeat bool) (*Piecewise, error) {
	p := &Piecewise{repeat: repeat}
	at, total, last := sim.Time(0), 0.0, 0.0
	for i, s := range segments {
		if !(s.From >= 0 && s.To >= 0) || math.IsInf(s.From+s.To, 1) {
			return nil, fmt.Errorf("segment %d: rate: must be at least 0 and finite, got %v to %v", i, s.From, s.To)
		}
		end := at.Add(s.Length)
		if s.Length < 0 || end == sim.Never {
			return nil, fmt.Errorf("segment %d: length: must be at least 0 and end within 292 years, got %s", i, s.Length)
		}
		p.max, last = math.Max(p.max, math.Max(s.From, s.To)), s.To
		if s.Length == 0 {
			continue // a jump
		}
		p.push(at, s.From, (s.To-s.From)/s.Length.Seconds(), total)
		total += (s.From + s.To) / 2 * s.Length.Seconds()
		at = end
	}
	if repeat && at == 0 {
		return nil, fmt.Errorf("segments: must have a length to repeat, got 0s")
	}
	p.push(at, last, 0, total)
	return p, nil
}

func (p *Piecewise) push(at sim.Time, from, slope, before float64) {
	p.start, p.from = append(p.start, at), append(p.from, from)
	p.slope, p.before = append(p.slope, slope), append(p.before, before)
}

// From returns the same rate with its time 0 at t ≥ 0.
func (p *Piecewise) From(t sim.Time) *Piecewise {
	q := *p
	q.offset += max(0, t)
	q.skip = p.integral(q.offset)
	return &q
}

// place is the segment of an instant, the instant within all segments, and
// the expected arrivals of the repetitions before.
func (p *Piecewise) place(t sim.Time) (i int, at sim.Time, before float64) {
	last := len(p.start) - 1
	if p.repeat {
		period := p.start[last]
		before = float64(t/period) * p.before[last]
		t %= period
	}
	return sort.Search(last, func(i int) bool { return p.start[i+1] > t }), t, before
}

// At implements Rate.
func (p *Piecewise) At(t sim.Time) float64 {
	i, at, _ := p.place(t + p.offset)
	return math.Max(0, p.from[i]+p.slope[i]*(at-p.start[i]).Seconds())
}

// Max implements Rate.
func (p *Piecewise) Max() float64 { return p.max }

// Integral implements Rate.
func (p *Piecewise) Integral(t sim.Time) float64 { return p.integral(t+p.offset) - p.skip }

func (p *Piecewise) integral(t sim.Time) float64 {
	i, at, before := p.place(t)
	s := (at - p.start[i]).Seconds()
	return before + p.before[i] + s*(p.from[i]+p.slope[i]*s/2)
}
