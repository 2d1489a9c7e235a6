package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// child is what the second process of a container holds; zero when it does not run.
type child struct {
	bytes float64
	leak  float64 // bytes a second
}

// fork begins the container's child process, if it has one.
func (c *Container) fork(now sim.Time) {
	spec := c.plan.Behaviour.Memory.Child
	if spec == nil || c.state != running {
		return
	}
	c.memory.advance(now)
	c.memory.child.leak = spec.LeakPerSecond
	c.grow(now, 0, spec.LeakPerSecond)
	c.watch()
}

// killChild is an OOM kill that takes one process. The kernel takes the one that
// holds most (oom_badness in mm/oom_kill.c); it reports false when that is the
// container's first process, whose end is that of the container.
func (c *Container) killChild(now sim.Time) bool {
	m := c.memory
	m.advance(now)
	held, leak := m.child.bytes, m.child.leak
	if leak == 0 || held <= m.bytes-held {
		return false
	}
	m.child = child{}
	m.bytes -= held
	c.lostProcess = true
	c.grow(now, -held, -leak)
	c.pod.observer.ProcessKilled(now, c.Name(), int64(held), m.limit)
	if again := c.plan.Behaviour.Memory.Child.Again; again > 0 {
		c.again.Set(now.Add(again))
	}
	c.crossing.Stop()
	c.watch()
	return true
}

// grow books a change of bytes and of how fast they grow a second.
func (c *Container) grow(now sim.Time, bytes, bytesPerSecond float64) {
	c.stats.Pass(now, c.memory.bytes-bytes, c.leaking)
	c.use(now, 0, bytes, bytesPerSecond)
	c.leaking += bytesPerSecond
}
