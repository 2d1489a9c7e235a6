package gauge

import (
	"math"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Gauge is a quantity that changes in steps and, between them, along a line.
// It keeps the exact time integral and the peak of the open window. What is
// added and taken away again at one instant, as an allocation that kills, makes
// no peak.
type Gauge struct {
	value, slope float64 // slope is per second
	last, opened sim.Time
	integral     float64 // value × seconds since opened
	peak         float64
	threshold    float64
	watched      bool
	above        float64 // seconds over the threshold
}

// Watch counts from now on the time that the quantity is above a threshold.
func (g *Gauge) Watch(threshold float64) { g.threshold, g.watched = threshold, true }

// Above is that time in seconds, over all windows, up to now.
func (g *Gauge) Above(now sim.Time) float64 {
	g.advance(now)
	return g.above
}

// timeAbove is the part of dt seconds in which a line from value is above the
// threshold.
func (g *Gauge) timeAbove(dt float64) float64 {
	from, to := g.value-g.threshold, g.value+g.slope*dt-g.threshold
	switch {
	case from <= 0 && to <= 0:
		return 0
	case from >= 0 && to >= 0:
		return dt
	}
	return dt * max(from, to) / (max(from, to) - min(from, to))
}

// Add changes the value and the slope at now.
func (g *Gauge) Add(now sim.Time, value, slope float64) {
	g.advance(now)
	g.value += value
	g.slope += slope
}

func (g *Gauge) advance(now sim.Time) {
	dt := (now - g.last).Seconds()
	if dt <= 0 {
		return
	}
	if g.watched {
		g.above += g.timeAbove(dt)
	}
	g.peak = max(g.peak, g.value)
	g.integral += float64(dt * (g.value + g.slope*dt/2)) // rounded by itself on each machine, see Pass
	g.value += g.slope * dt
	g.last = now
	g.peak = max(g.peak, g.value)
}

// Reaches is when the quantity comes to a level if nothing changes; Never when
// it does not.
func (g *Gauge) Reaches(now sim.Time, level float64) sim.Time {
	g.advance(now)
	gap := level - g.value
	switch {
	case gap <= 0:
		return now
	case g.slope <= 0:
		return sim.Never
	}
	ns := math.Ceil(gap / g.slope * 1e9)
	if ns >= float64(sim.Never-now) {
		return sim.Never
	}
	return now + sim.Time(ns)
}

// Value is the quantity at now.
func (g *Gauge) Value(now sim.Time) float64 {
	g.advance(now)
	return g.value
}

// Integral is the quantity over the time of the open window: its unit times
// seconds.
func (g *Gauge) Integral(now sim.Time) float64 {
	g.advance(now)
	return g.integral
}

// Window closes the open window at now and opens the next. The mean of an
// empty window is the value.
func (g *Gauge) Window(now sim.Time) (mean, peak float64) {
	g.advance(now)
	mean, peak = g.value, max(g.peak, g.value)
	if length := (now - g.opened).Seconds(); length > 0 {
		mean = g.integral / length
	}
	g.opened, g.integral, g.peak = now, 0, g.value
	return mean, peak
}

// Pass leaves the gauge as calls of Value do, a period apart from the first on.
func (g *Gauge) Pass(first sim.Time, period time.Duration, looks int) {
	g.advance(first)
	if looks--; g.slope != 0 || period <= 0 {
		for range looks {
			g.advance(g.last.Add(period))
		}
		return
	}
	dt := sim.Time(period).Seconds()
	if g.watched {
		g.above = Repeat(g.above, g.timeAbove(dt), looks)
	}
	if looks > 0 {
		g.peak = max(g.peak, g.value)
	}
	g.integral = Repeat(g.integral, dt*g.value, looks)
	g.last = g.last.Add(time.Duration(looks) * period)
}

// Zero reports whether the quantity is 0 and stays so until it is changed. The slope is
// not looked at.
func (g *Gauge) Zero() bool { return g.value == 0 }
