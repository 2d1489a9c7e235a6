package load

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
)

// arrivals gives the arrival times of a stream one after the other, Never
// after the last.
type arrivals interface {
	next() sim.Time
}

func newArrivals(t *Traffic, horizon sim.Time, r *rand.Rand) arrivals {
	switch {
	case t.Law == Paced:
		return &paced{rate: t.Rate, horizon: horizon}
	case t.Law == Gamma, t.Law == Weibull:
		return newRenewal(t.Rate, newGaps(t.Law, t.CV), horizon, r)
	case t.Law == MMPP:
		return newModulated(t.Rate, t.States, horizon, r)
	default:
		return &poisson{rate: t.Rate, max: t.Rate.Max(), horizon: horizon, random: r}
	}
}

// poisson is a Poisson process of varying rate, by thinning: candidates come
// at the highest rate and each is kept with the share of its own
// (Lewis and Shedler 1979).
type poisson struct {
	rate    Rate
	max     float64
	horizon sim.Time
	random  *rand.Rand
	at      float64 // seconds
}

func (p *poisson) next() sim.Time {
	if p.max <= 0 {
		return sim.Never
	}
	constant, isConstant := p.rate.(Constant)
	for {
		p.at += p.random.ExpFloat64() / p.max
		if p.at >= p.horizon.Seconds() {
			return sim.Never
		}
		t := sim.Time(p.at * 1e9)
		if isConstant && constant.PerSecond == p.max {
			return t
		}
		if p.random.Float64()*p.max < p.rate.At(t) {
			return t
		}
	}
}

// paced puts the n-th arrival where n arrivals are expected.
type paced struct {
	rate    Rate
	horizon sim.Time
	last    sim.Time
	n       float64
}

func (p *paced) next() sim.Time {
	p.n++
	if p.rate.Integral(p.horizon) < p.n {
		return sim.Never
	}
	p.last = reach(p.rate, p.last, p.horizon, p.n)
	return p.last
}
