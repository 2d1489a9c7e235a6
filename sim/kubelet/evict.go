package kubelet

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/kubernetes/pkg/apis/scheduling"

	"github.com/kube-rehearse/rehearse/sim"
)

// manage is a look of the eviction manager, or its wait for the end of the pod that
// it has evicted (Start in pkg/kubelet/eviction/eviction_manager.go): the kill, then a
// poll each second until the pod is cleaned up, then the next look at once.
func (p *pressure) manage(now sim.Time) {
	if v := p.victim; v != nil {
		if now < p.patience && !v.down && v.worker.stage != finished {
			p.look.Set(now.Add(cleanupPoll))
			return
		}
		p.victim = nil
	}
	p.phase = now
	p.synchronize(now)
}

// synchronize is one look: at most one pod goes each time.
func (p *pressure) synchronize(now sim.Time) {
	used := p.host.Usage.Memory.Value(now)
	short := used > p.short
	if short {
		p.met = now
	}
	p.on = short || (p.on && now.Sub(p.met) < p.eviction.TransitionPeriod)
	if p.on != p.told && !p.write.Armed() {
		p.write.Set(now + mod(p.writes-now, sim.Time(statusInterval)))
	}
	if p.on {
		p.look.Set(now.Add(evictionInterval))
	}
	if !short {
		p.observe(now)
		return
	}
	ranked := p.ranked(now)
	for _, o := range ranked {
		if corev1helpers.PodPriority(o.spec) >= scheduling.SystemCriticalPriority {
			continue
		}
		p.await(now, o)
		bytes, known := o.statistics(now)
		o.Evict(now, p.message(now, o, used), Choice{Among: len(ranked), Used: int64(bytes), Requested: o.memoryRequest(),
			Priority: corev1helpers.PodPriority(o.spec), Unknown: !known})
		return
	}
}

// await makes the eviction manager wait for the pod that it evicts.
func (p *pressure) await(now sim.Time, victim *Pod) {
	p.victim, p.polls = victim, false
	p.patience = now.Add(killTimeout + cleanupTimeout)
	p.look.Set(now.Add(killTimeout + cleanupPoll))
}

// killed is the end of the containers of a pod: from here on the manager polls.
func (p *pressure) killed(now sim.Time, o *Pod) {
	if p.victim == o && !p.polls {
		p.polls = true
		p.patience = now.Add(cleanupTimeout)
		p.look.Set(now.Add(cleanupPoll))
	}
}

// ranked is the order in which pods go, as rankMemoryPressure has it
// (pkg/kubelet/eviction/helpers.go): those without statistics first, then those
// that use more than they request, then by priority, then by how much more.
func (p *pressure) ranked(now sim.Time) []*Pod {
	pods := slices.DeleteFunc(slices.Clone(p.host.pods), func(o *Pod) bool {
		return o.worker.stage >= terminated || o.evicted || o.down
	})
	rank := map[*Pod]int{}
	over := map[*Pod]float64{}
	for _, o := range pods {
		bytes, known := o.statistics(now)
		over[o] = bytes - float64(o.memoryRequest())
		switch {
		case !known:
			rank[o] = 0
		case over[o] > 0:
			rank[o] = 1
		default:
			rank[o] = 2
		}
	}
	slices.SortStableFunc(pods, func(a, b *Pod) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]),
			cmp.Compare(corev1helpers.PodPriority(a.spec), corev1helpers.PodPriority(b.spec)), cmp.Compare(over[b], over[a]))
	})
	return pods
}

// message is that of the pod's status (evictionMessage in helpers.go).
func (p *pressure) message(now sim.Time, o *Pod, used float64) string {
	quantity := func(bytes float64) string {
		return resource.NewQuantity(int64(bytes), resource.BinarySI).String()
	}
	text := fmt.Sprintf("The node was low on resource: memory. Threshold quantity: %s, available: %s. ",
		quantity(float64(p.eviction.Hard)), quantity(max(0, p.full-used)))
	if r := o.spec.Spec.Resources; r != nil {
		if request, given := r.Requests[v1.ResourceMemory]; given {
			bytes, _ := o.statistics(now)
			text += fmt.Sprintf("Pod %s was using %s, request is %s, has larger consumption of memory. ", o.spec.Name,
				quantity(bytes), request.String())
		}
	}
	for _, c := range o.all {
		request := c.plan.Spec.Resources.Requests.Memory()
		if bytes, known := c.statistics(now); known && bytes > request.AsApproximateFloat64() {
			text += fmt.Sprintf("Container %s was using %s, request is %s, has larger consumption of memory. ",
				c.Name(), quantity(bytes), request)
		}
	}
	return text
}

// housekeeping is how often the node's statistics of a container are taken
// (cAdvisor's --housekeeping-interval in pkg/kubelet/cadvisor/cadvisor_linux.go).
const housekeeping = 10 * time.Second

// stats is the newest sample of a container's memory. Between changes memory goes
// along a line, so that what a sample had found is known afterwards.
type stats struct {
	begun, at sim.Time
	bytes     float64
}

// begin is the first sample, of a new process.
func (s *stats) begin(now sim.Time, bytes float64) { *s = stats{begun: now, at: now, bytes: bytes} }

// pass takes the samples up to now, of a memory that is on a line since its last
// change.
func (s *stats) pass(now sim.Time, bytes, perSecond float64) {
	if at := now - mod(now-s.begun, sim.Time(housekeeping)); at > s.at {
		s.at, s.bytes = at, bytes-perSecond*(now-at).Seconds()
	}
}

// statistics is the container's working set as the node's statistics have it.
func (c *Container) statistics(now sim.Time) (bytes float64, known bool) {
	if c.state != running {
		return 0, false
	}
	c.memory.advance(now)
	c.stats.pass(now, c.memory.bytes, c.leaking)
	return c.stats.bytes, true
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
