package load

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
)

// renewal is a renewal process of mean 1 whose clock runs with the rate: the
// n-th arrival is at the instant up to which as many are expected as the first
// n gaps add up to. It begins in equilibrium, so the expected number of
// arrivals up to t is the rate's integral, for every t.
type renewal struct {
	rate    Rate
	law     Gaps
	horizon sim.Time
	random  *rand.Rand

	total float64 // expected up to the horizon
	n     float64 // of the last arrival, on the rate's clock
	last  sim.Time
	begun bool
}

func newRenewal(rate Rate, law Gaps, horizon sim.Time, r *rand.Rand) *renewal {
	return &renewal{rate: rate, law: law, horizon: horizon, random: r, total: rate.Integral(horizon)}
}

func (p *renewal) next() sim.Time {
	if p.begun {
		p.n += p.law.Gap(p.random)
	} else {
		p.n, p.begun = p.law.Residual(p.random), true
	}
	if p.n > p.total || p.total <= 0 {
		return sim.Never
	}
	if p.n > p.rate.Integral(p.last) { // else the gap is below a nanosecond
		p.last = reach(p.rate, p.last, p.horizon, p.n)
	}
	return p.last
}
