package kubelet

import (
	"cmp"

	"github.com/kube-rehearse/rehearse/sim"
)

// doom draws whether this process crashes, and when.
func (c *Container) doom(now sim.Time) {
	spec := c.plan.Behaviour.Crash
	if spec == nil {
		return
	}
	r := cmp.Or(c.plan.Crashes, c.plan.Random)
	fails, after := r.Float64() < spec.Probability, spec.After.Sample(r)
	if fails {
		c.crash.Set(now.Add(seconds(after)))
	}
}

// fail is the crash.
func (c *Container) fail(now sim.Time) { c.exit(now, causeExited, c.plan.Behaviour.Crash.ExitCode) }
