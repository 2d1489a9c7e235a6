package kubelet

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/kubernetes/pkg/apis/scheduling"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet/eviction"
)

// manage is a look of the eviction manager, or its wait for the end of the pod that
// it has evicted (Start in pkg/kubelet/eviction/eviction_manager.go): the kill, then a
// poll each second until the pod is cleaned up, then the next look at once.
func (p *pressure) manage(now sim.Time) {
	if v := p.victim; v != nil {
		if !p.polls && p.next(now) {
			return
		}
		if now < p.patience && !v.down && v.worker.stage != finished {
			p.look.Set(now.Add(cleanupPoll))
			return
		}
		p.victim = nil
	}
	p.phase = now
	p.synchronize(now)
}

// synchronize is one look: pods that exceed limits of their storage go, else at most one
// for what the node is short of, memory before the disk.
func (p *pressure) synchronize(now sim.Time) {
	used := p.host.Usage.Memory.Value(now)
	short, full := p.capacity > 0 && p.eviction.Hard > 0 && used > p.short, p.disk.Short(now)
	p.memory.Note(now, short, p.eviction.TransitionPeriod)
	p.storage.Note(now, full, p.eviction.TransitionPeriod)
	if (p.memory.On != p.memory.Told || p.storage.On != p.storage.Told) && !p.write.Armed() {
		p.write.Set(now + mod(p.writes-now, sim.Time(statusInterval)))
	}
	if p.memory.On || p.storage.On {
		p.look.Set(now.Add(evictionInterval))
	}
	p.exceeding(now)
	switch {
	case p.next(now):
	case short:
		p.reclaim(now, v1.ResourceMemory, (*Pod).statistics, func(o *Pod) string { return p.message(now, o, used) })
	case full:
		p.reclaim(now, v1.ResourceEphemeralStorage, (*Pod).diskUse, func(o *Pod) string { return p.diskMessage(now, o) })
	}
	p.observe(now)
}

// reclaim evicts the first pod that may go.
func (p *pressure) reclaim(now sim.Time, name v1.ResourceName, use func(*Pod, sim.Time) (float64, bool),
	message func(*Pod) string) {
	of := func(o *Pod) eviction.Candidate {
		bytes, known := use(o, now)
		return eviction.Candidate{Used: bytes, Known: known, Requested: o.request(name),
			Priority: corev1helpers.PodPriority(o.spec)}
	}
	ranked := p.active()
	eviction.Rank(ranked, of)
	for _, o := range ranked {
		if o.critical() {
			continue
		}
		c := of(o)
		p.await(now, o)
		o.Evict(now, message(o), Choice{Among: len(ranked), Used: int64(c.Used), Requested: c.Requested,
			Priority: c.Priority, Unknown: !c.Known, Resource: name})
		return
	}
}

// critical is IsCriticalPod of pkg/kubelet/types/pod_update.go.
func (p *Pod) critical() bool {
	return corev1helpers.PodPriority(p.spec) >= scheduling.SystemCriticalPriority
}

// await makes the eviction manager wait for the pod that it evicts.
func (p *pressure) await(now sim.Time, victim *Pod) {
	p.victim, p.polls = victim, false
	p.patience = now.Add(killTimeout + cleanupTimeout)
	p.look.Set(now.Add(killTimeout + cleanupPoll))
}

// killed is the end of the containers of a pod: from here on the manager polls, or goes on
// to the next of several.
func (p *pressure) killed(now sim.Time, o *Pod) {
	if p.victim == o && !p.polls && !p.next(now) {
		p.polls = true
		p.patience = now.Add(cleanupTimeout)
		p.look.Set(now.Add(cleanupPoll))
	}
}

// active are the pods that may be evicted.
func (p *pressure) active() []*Pod {
	return slices.DeleteFunc(slices.Clone(p.host.pods), func(o *Pod) bool {
		return o.worker.stage >= terminated || o.evicted || o.down
	})
}

// message is that of the pod's status (evictionMessage in helpers.go).
func (p *pressure) message(now sim.Time, o *Pod, used float64) string {
	text := eviction.Low(v1.ResourceMemory, float64(p.eviction.Hard), p.full-used)
	if r := o.spec.Spec.Resources; r != nil {
		if request, given := r.Requests[v1.ResourceMemory]; given {
			bytes, _ := o.statistics(now)
			text += eviction.Larger("Pod", o.spec.Name, bytes, request, v1.ResourceMemory)
		}
	}
	for _, c := range o.all {
		request := c.plan.Spec.Resources.Requests.Memory()
		if bytes, known := c.statistics(now); known && bytes > request.AsApproximateFloat64() {
			text += eviction.Larger("Container", c.Name(), bytes, *request, v1.ResourceMemory)
		}
	}
	return text
}

// statistics is the container's working set as the node's statistics have it.
func (c *Container) statistics(now sim.Time) (bytes float64, known bool) {
	if c.state != running {
		return 0, false
	}
	c.memory.advance(now)
	c.stats.Pass(now, c.memory.bytes, c.leaking)
	return c.stats.Bytes, true
}

// statistics sums up those of the pod's containers. A pod of which none runs has
// none (pkg/kubelet/stats/cri_stats_provider.go).
func (p *Pod) statistics(now sim.Time) (sum float64, known bool) {
	for _, c := range p.all {
		if bytes, has := c.statistics(now); has {
			sum, known = sum+bytes, true
		}
	}
	return sum, known
}
