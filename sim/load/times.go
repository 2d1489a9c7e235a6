package load

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
)

// Times is a stream with so many times the load: its rate, or its users. It is false for
// a trace, whose requests are what they are.
func (t Traffic) Times(factor float64) (Traffic, bool) {
	switch {
	case t.Trace != nil:
		return t, false
	case t.Users != nil:
		users := *t.Users
		users.Count = int(math.Ceil(float64(users.Count) * factor))
		t.Users = &users
	case t.Rate != nil:
		t.Rate = scaledRate(t.Rate, factor)
	}
	return t, true
}

func scaledRate(r Rate, factor float64) Rate {
	if c, is := r.(Constant); is { // which has ways of its own
		return Constant{PerSecond: c.PerSecond * factor}
	}
	return multiple{r, factor}
}

// multiple is a rate times a factor.
type multiple struct {
	Rate
	factor float64
}

// At implements Rate.
func (m multiple) At(t sim.Time) float64 { return m.factor * m.Rate.At(t) }

// Max implements Rate.
func (m multiple) Max() float64 { return m.factor * m.Rate.Max() }

// Integral implements Rate.
func (m multiple) Integral(t sim.Time) float64 { return m.factor * m.Rate.Integral(t) }
