package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// State is a state of a Markov-modulated Poisson process. It lasts for an
// exponential time of mean Dwell, in real time, whatever the rate is; after it
// comes any other state, each as likely.
type State struct {
	// Weight is how high the rate is in this state beside the others: only
	// the proportions count, for the mean over time is the traffic's Rate.
	Weight float64
	Dwell  time.Duration
}

// OnOff is the process of a source that is silent in between: it sends for a
// time of mean on at a rate of (on+off)/on times the traffic's, and is silent
// for a time of mean off.
func OnOff(on, off time.Duration) []State { return []State{{1, on}, {0, off}} }

// MinDwell is the shortest mean dwell: shorter ones are lost in the mean.
const MinDwell = time.Millisecond

// CheckStates returns the fault of the states of an MMPP: "[1].dwell: must …".
func CheckStates(states []State) error {
	if len(states) < 2 {
		return fmt.Errorf(": must be at least 2, got %d", len(states))
	}
	highest := 0.0
	for i, s := range states {
		if !(s.Weight >= 0) || math.IsInf(s.Weight, 1) {
			return fmt.Errorf("[%d].weight: must be at least 0 and finite, got %v", i, s.Weight)
		}
		if s.Dwell < MinDwell {
			return fmt.Errorf("[%d].dwell: must be at least %s, got %s", i, MinDwell, s.Dwell)
		}
		highest = max(highest, s.Weight)
	}
	if highest == 0 {
		return fmt.Errorf(": must have a weight above 0")
	}
	return nil
}

// modulated is a Markov-modulated Poisson process. Within a dwell it is a
// Poisson process of the rate times the state's factor, made by inverting the
// integral. It begins in a state drawn by the share of time each has, so it is
// stationary: the expected number of arrivals is the rate's integral.
type modulated struct {
	rate    Rate
	horizon sim.Time
	random  *rand.Rand
	states  []State
	factor  []float64 // of the rate, by state

	state int
	until sim.Time // the end of its dwell
	at    sim.Time
}

func newModulated(rate Rate, states []State, horizon sim.Time, r *rand.Rand) *modulated {
	p := &modulated{rate: rate, horizon: horizon, random: r, states: states}
	length, weighted := 0.0, 0.0
	for _, s := range states {
		length += s.Dwell.Seconds()
		weighted += s.Weight * s.Dwell.Seconds()
	}
	// Every state comes up equally often, so it has a share of time in
	// proportion to its mean dwell.
	point := r.Float64() * length
	for i, s := range states {
		p.factor = append(p.factor, s.Weight*length/weighted)
		if point >= 0 {
			p.state = i
		}
		point -= s.Dwell.Seconds()
	}
	p.dwell()
	return p
}

// dwell draws the end of the state that begins, or is met, at p.at. What is
// left of an exponential time is exponential, too.
func (p *modulated) dwell() {
	seconds := p.random.ExpFloat64() * p.states[p.state].Dwell.Seconds()
	p.until = p.horizon
	if left := (p.horizon - p.at).Seconds(); seconds < left {
		p.until = min(p.horizon, p.at+1+sim.Time(seconds*1e9))
	}
}

// change goes to any other state.
func (p *modulated) change() {
	other := p.random.IntN(len(p.states) - 1)
	if other >= p.state {
		other++
	}
	p.state = other
}

func (p *modulated) next() sim.Time {
	for p.at < p.horizon {
		if factor := p.factor[p.state]; factor > 0 {
			n := p.rate.Integral(p.at) + p.random.ExpFloat64()/factor
			if n <= p.rate.Integral(p.until) {
				p.at = reach(p.rate, p.at, p.until, n)
				return p.at
			}
		}
		// Poisson has no memory: the next state draws its gap anew.
		p.at = p.until
		p.change()
		p.dwell()
	}
	return sim.Never
}
