package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/gauge"
)

// Looker looks at what a container uses now and then. It may make up for looks later
// when it hears of what comes in between.
type Looker interface {
	// Touch comes before the container uses more or less, and before somebody else
	// looks.
	Touch(now sim.Time)
	// Wake comes before the container computes something.
	Wake(now sim.Time)
}

// Observe lets a Looker hear of the container.
func (c *Container) Observe(l Looker) { c.looker = l }

func (c *Container) touch(now sim.Time) {
	if c.looker != nil {
		c.looker.Touch(now)
	}
}

func (c *Container) wake(now sim.Time) {
	if c.looker != nil {
		c.looker.Wake(now)
	}
}

// Usage is what the cgroup of the container shows: CPU seconds used so far, in
// all its lives, and the working set in bytes. A Looker may ask for it later than at
// the instant, unless the container is busy.
func (c *Container) Usage(at sim.Time) (cpuSeconds, workingSet float64) {
	if c.state == running {
		c.memory.advance(at)
	}
	used := c.group.Used()
	if c.Busy() {
		used = c.group.Stats(at).Used
	}
	return used.Seconds() + c.steady.Integral(at), c.memory.bytes
}

// Pass leaves the container as calls of Usage do, a period apart from the first on.
func (c *Container) Pass(first sim.Time, period time.Duration, looks int) {
	c.memory.pass(first, period, looks)
	c.steady.Pass(first, period, looks)
}

// Busy reports whether the container computes something.
func (c *Container) Busy() bool { return c.group.Tasks() > 0 }

// Constant reports whether the container uses no CPU, and the same memory, until the
// Looker hears of it.
func (c *Container) Constant() bool {
	return !c.Busy() && c.steady.Zero() && (c.state != running || c.memory.growth() == 0)
}

// pass is advance to each of several instants, a period apart from the first on, to the
// last bit of each sum.
func (w *workingSet) pass(first sim.Time, period time.Duration, looks int) {
	w.advance(first)
	dt := sim.Time(period).Seconds()
	if looks--; w.growth() != 0 || w.peaks.Length <= dt {
		for range looks {
			w.advance(w.last.Add(period))
		}
		return
	}
	seconds := &w.seconds[w.index(w.bytes)]
	w.ran = gauge.Repeat(w.ran, dt, looks)
	w.peaks.Stay(dt, w.bytes, looks)
	*seconds = gauge.Repeat(*seconds, dt, looks)
	w.last = w.last.Add(time.Duration(looks) * period)
}
