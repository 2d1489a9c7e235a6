package attachdetach

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// mount is a kubelet that waits for the volumes of a pod.
type mount struct {
	since sim.Time
	then  func(now sim.Time)
	set   bool // it is known when they are there
	done  bool
}

// Mount has the kubelet of a pod wait for its volumes, and calls then when they are there.
// It is false when there is nothing to wait for.
func (c *Controller) Mount(now sim.Time, o *apiserver.Pod, then func(now sim.Time)) bool {
	p := c.pods[o.Object().UID]
	if p == nil || p.mount != nil && p.mount.done {
		return false
	}
	p.mount = &mount{since: now, then: then}
	c.look(p)
	return true
}

// look is the kubelet's look whether a pod's volumes are attached (volume_manager.go,
// WaitForAttachAndMount). From then on it is known when they are mounted.
func (c *Controller) look(p *pod) {
	m, node, now := p.mount, p.api.Node(), c.Now()
	if m == nil || m.set || len(p.claims) > 0 {
		return
	}
	at := now
	for _, name := range p.volumes {
		a := c.volumes[name].at(node)
		if a == nil || a.state != attached {
			return
		}
		found := max(a.since, m.since)
		at = max(at, found.Add(decide.Verified(max(0, c.tick(node, m.since).Sub(found)))))
	}
	m.set = true
	at = at.Add(c.draw(c.config.Mount, "mount volumes", p.api.Stream()))
	const period = sim.Time(decide.MountPeriod)
	at = m.since + (at-m.since+period-1)/period*period
	c.Loop.At(at, sim.PhaseMachine, sim.Func(func(now sim.Time) {
		if p.mount != m || c.pods[p.api.Object().UID] != p || !c.machines.Up(node) {
			return
		}
		m.done = true
		c.Record(record.VolumesMounted{At: c.At(), Pod: p.api.Key(), Took: now - m.since})
		m.then(now)
	}))
}
