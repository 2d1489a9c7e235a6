package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// climb is the memory of a start: its peak at once, or little by little from what the
// process begins with.
//
//	bytes      ┌──────┐ StartupPeak          ╱│ StartupPeak
//	       ┌───┘      └── Base             ╱  └── Base
//	       │                       AtStart╱
//	───────┘start     listens        ─────┘start   listens
func (c *Container) climb(now sim.Time) {
	spec := c.plan.Behaviour.Memory
	c.peaking = spec.StartupPeak > 0
	if spec.AtStart == 0 {
		if c.peaking {
			c.hold(now, float64(spec.StartupPeak))
		}
		return
	}
	rise := float64(spec.Base + spec.StartupPeak - spec.AtStart)
	lasts := (c.serve.Deadline() - now).Seconds()
	if lasts <= 0 {
		c.hold(now, rise)
		return
	}
	c.memory.advance(now)
	c.memory.ramp = rise / lasts
	c.grow(now, 0, c.memory.ramp)
	c.watch()
}

// climbed is the end of it.
func (c *Container) climbed(now sim.Time) {
	ramp := c.memory.ramp
	if ramp == 0 {
		return
	}
	c.memory.advance(now)
	c.memory.ramp = 0
	c.grow(now, 0, -ramp)
	c.crossing.Stop()
	c.watch()
}
