package attachdetach

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// reconcile is a turn of the controller: it takes volumes away before it gives any
// (reconciler.go, reconcile).
func (c *Controller) reconcile(now sim.Time) {
	for _, v := range c.order {
		for _, a := range slices.Clone(v.on) {
			if a.state == attached && !v.wanted(a.node) {
				c.giveUp(now, v, a)
			}
		}
	}
	for _, v := range c.order {
		c.attach(now, v)
	}
	c.order = slices.DeleteFunc(c.order, func(v *volume) bool {
		if len(v.on)+len(v.want) > 0 {
			return false
		}
		delete(c.volumes, v.api.Name)
		return true
	})
}

// wanted reports whether a pod on a machine is to have the volume.
func (v *volume) wanted(node string) bool {
	return slices.ContainsFunc(v.want, func(p *pod) bool { return p.api.Node() == node })
}

func (v *volume) at(node string) *attachment {
	for _, a := range v.on {
		if a.node == node {
			return a
		}
	}
	return nil
}

// giveUp detaches a volume that no pod of a machine has any more, as soon as it may.
func (c *Controller) giveUp(now sim.Time, v *volume, a *attachment) {
	if a.asked == sim.Never {
		a.asked = now
		a.tick = c.tick(a.node, now)
	}
	up := c.machines.Up(a.node)
	h := decide.Holding{Mounted: !up || now < a.tick, Asked: time.Duration(now - a.asked)}
	h.Healthy, h.OutOfService = c.health(a.node)
	detach, forced := h.Detach()
	if !detach {
		if up {
			c.at(a.tick)
		}
		if limit := a.asked.Add(decide.MaxWaitForUnmount + decide.ReconcilerPeriod); now < limit {
			c.at(limit)
		}
		return
	}
	a.state = detaching
	took := c.draw(c.config.Detach, "detach volume", v.api.Name+" "+a.node)
	c.Loop.After(took, sim.PhaseMachine, sim.Func(func(sim.Time) {
		v.on = slices.DeleteFunc(v.on, func(o *attachment) bool { return o == a })
		clear(v.told)
		c.Record(record.VolumeDetached{At: c.At(), Volume: v.api.Name, Node: a.node, Took: sim.Time(took), Forced: forced})
		c.kick()
	}))
}

// health is whether a machine is Ready, and out of service.
func (c *Controller) health(node string) (healthy, outOfService bool) {
	o, known := apiserver.Find[*v1.Node](c.Store, "", node)
	if !known {
		return false, false
	}
	_, ready := nodeutil.GetNodeCondition(&o.Status, v1.NodeReady)
	return ready != nil && ready.Status == v1.ConditionTrue, slices.ContainsFunc(o.Spec.Taints, func(t v1.Taint) bool {
		return t.Key == v1.TaintNodeOutOfService && t.Effect == v1.TaintEffectNoExecute
	})
}

// tick is when the kubelet of a machine next tells which volumes it has in use.
func (c *Controller) tick(node string, now sim.Time) sim.Time {
	const period = sim.Time(decide.StatusPeriod)
	phase, known := c.phases[node]
	if !known {
		phase = sim.Time(c.Streams.Get("volumes in use", node).Int64N(int64(period)))
		c.phases[node] = phase
	}
	return now - (now-phase+period)%period + period
}

// attach gives a volume to the machines of its pods (attachDesiredVolumes).
func (c *Controller) attach(now sim.Time, v *volume) {
	for _, p := range v.want {
		node := p.api.Node()
		if a := v.at(node); a != nil {
			if a.state == attached {
				a.asked = sim.Never
			}
			continue
		}
		if len(v.on) > 0 && !decide.MultiAttach(v.api) {
			c.held(v, p)
			continue
		}
		a := &attachment{node: node, asked: sim.Never}
		v.on = append(v.on, a)
		took := c.draw(c.config.Attach, "attach volume", v.api.Name+" "+node)
		c.Loop.After(took, sim.PhaseMachine, sim.Func(func(at sim.Time) {
			a.state, a.since = attached, at
			c.Record(record.VolumeAttached{At: c.At(), Volume: v.api.Name, Node: node, Took: sim.Time(took)})
			for _, p := range slices.Clone(v.want) {
				c.look(p)
			}
			c.kick()
		}))
	}
}

// held tells, once for a machine, that it waits for a volume which another one has. While
// one is under way to a machine or from it, nothing is told.
func (c *Controller) held(v *volume, p *pod) {
	node := p.api.Node()
	if v.told[node] || v.on[0].state != attached {
		return
	}
	v.told[node] = true
	for _, waits := range v.want {
		if waits.api.Node() == node {
			c.tellHeld(v, waits)
		}
	}
}

func (c *Controller) tellHeld(v *volume, p *pod) {
	var local, all []string
	others, own := 0, false
	for _, o := range v.want {
		if v.at(o.api.Node()) == nil {
			continue
		}
		all = append(all, o.api.Key())
		own = own || o.api.Workload == p.api.Workload
		if o.api.Namespace() == p.api.Namespace() {
			local = append(local, o.api.Name())
		} else {
			others++
		}
	}
	c.Record(record.VolumeWaiting{At: c.At(), Pod: p.api.Key(), Workload: p.api.Workload, Node: p.api.Node(),
		Volume: v.api.Name, Own: own, Reason: "FailedAttachVolume", Message: decide.WaitsForDetach(v.api.Name, local, others),
		Holder:  v.on[0].node,
		Holders: all})
}
