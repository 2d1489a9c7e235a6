package load

import (
	"math"
	"sort"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Constant is the same rate all the time.
type Constant struct{ PerSecond float64 }

// At implements Rate.
func (c Constant) At(sim.Time) float64 { return c.PerSecond }

// Max implements Rate.
func (c Constant) Max() float64 { return c.PerSecond }

// Integral implements Rate.
func (c Constant) Integral(t sim.Time) float64 { return c.PerSecond * t.Seconds() }

// Ramp goes from one rate to another along a line over a time, and stays there.
type Ramp struct {
	From, To float64 // requests per second
	Over     time.Duration
}

// At implements Rate.
func (r Ramp) At(t sim.Time) float64 {
	over := r.Over.Seconds()
	if s := t.Seconds(); s < over {
		return r.From + (r.To-r.From)*s/over
	}
	return r.To
}

// Max implements Rate.
func (r Ramp) Max() float64 { return math.Max(r.From, r.To) }

// Integral implements Rate.
func (r Ramp) Integral(t sim.Time) float64 {
	s, over := t.Seconds(), r.Over.Seconds()
	in := math.Min(s, over)
	total := in * (r.From + r.At(sim.Time(in*1e9))) / 2
	if over == 0 {
		total = 0
	}
	return total + math.Max(0, s-over)*r.To
}

// RateStep is a rate that holds from a time on.
type RateStep struct {
	At        sim.Time
	PerSecond float64
}

// Steps is a staircase, ordered by time; before its first step the rate is 0.
type Steps []RateStep

// At implements Rate.
func (s Steps) At(t sim.Time) float64 {
	i := sort.Search(len(s), func(i int) bool { return s[i].At > t })
	if i == 0 {
		return 0
	}
	return s[i-1].PerSecond
}

// Max implements Rate.
func (s Steps) Max() float64 {
	highest := 0.0
	for _, step := range s {
		highest = math.Max(highest, step.PerSecond)
	}
	return highest
}

// Integral implements Rate.
func (s Steps) Integral(t sim.Time) float64 {
	total := 0.0
	for i, step := range s {
		if step.At >= t {
			break
		}
		end := t
		if i+1 < len(s) {
			end = min(end, s[i+1].At)
		}
		total += step.PerSecond * (end - step.At).Seconds()
	}
	return total
}

// Diurnal is a sine around a mean: the highest rate, Mean × (1 + Amplitude),
// is at Peak and every Period after it. Amplitude lies in [0, 1].
type Diurnal struct {
	Mean, Amplitude float64
	Period, Peak    time.Duration
}

func (d Diurnal) phase(t sim.Time) float64 {
	return 2 * math.Pi * (t.Seconds() - d.Peak.Seconds()) / d.Period.Seconds()
}

// At implements Rate.
func (d Diurnal) At(t sim.Time) float64 { return d.Mean * (1 + d.Amplitude*math.Cos(d.phase(t))) }

// Max implements Rate.
func (d Diurnal) Max() float64 { return d.Mean * (1 + d.Amplitude) }

// Integral implements Rate.
func (d Diurnal) Integral(t sim.Time) float64 {
	wave := d.Period.Seconds() / (2 * math.Pi) * (math.Sin(d.phase(t)) - math.Sin(d.phase(0)))
	return d.Mean * (t.Seconds() + d.Amplitude*wave)
}
