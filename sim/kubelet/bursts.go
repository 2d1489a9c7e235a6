package kubelet

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Bursts are allocations that come and go by themselves: a large document, a
// garbage collector that is late, a cache that is rebuilt. Each holds Size
// bytes for Lasts seconds; Every is the time from one's start to the next's.
type Bursts struct {
	Every, Size, Lasts distribution.Dist
}

// largest bounds a burst: a tail may go beyond what an int64 holds.
const largest = 1 << 60

// bursts are the Bursts of one container.
type bursts struct {
	container *Container
	random    *rand.Rand
	next      sim.Timer
}

func (b *bursts) init(c *Container, random *rand.Rand) {
	b.container, b.random = c, random
	b.next.Init(c.pod.host.loop, sim.PhaseMachine, b.fire)
}

func (b *bursts) start(now sim.Time) {
	if spec := b.container.plan.Behaviour.Memory.Bursts; spec != nil {
		b.next.Set(now.Add(seconds(spec.Every.Sample(b.random))))
	}
}

func (b *bursts) fire(now sim.Time) {
	c, spec := b.container, b.container.plan.Behaviour.Memory.Bursts
	b.start(now)
	size, lasts := min(spec.Size.Sample(b.random), largest), spec.Lasts.Sample(b.random)
	c.hold(now, size)
	life := c.lives
	c.pod.host.loop.At(now.Add(seconds(lasts)), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		if c.state == running && c.lives == life {
			c.hold(now, -size)
		}
	}))
}
