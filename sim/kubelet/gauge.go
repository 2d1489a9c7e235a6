package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// Gauge is a quantity that changes in steps and, between them, along a line.
// It keeps the exact time integral and the peak of the open window.
type Gauge struct {
	value, slope float64 // slope is per second
	last, opened sim.Time
	integral     float64 // value × seconds since opened
	peak         float64
}

// Add changes the value and the slope at now.
func (g *Gauge) Add(now sim.Time, value, slope float64) {
	g.advance(now)
	g.value += value
	g.slope += slope
	g.peak = max(g.peak, g.value)
}

func (g *Gauge) advance(now sim.Time) {
	dt := (now - g.last).Seconds()
	if dt <= 0 {
		return
	}
	g.integral += dt * (g.value + g.slope*dt/2)
	g.value += g.slope * dt
	g.last = now
	g.peak = max(g.peak, g.value)
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
	mean, peak = g.value, g.peak
	if length := (now - g.opened).Seconds(); length > 0 {
		mean = g.integral / length
	}
	g.opened, g.integral, g.peak = now, 0, g.value
	return mean, peak
}
