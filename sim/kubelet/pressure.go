package kubelet

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
	"k8s.io/kubernetes/pkg/apis/scheduling"

	"github.com/kube-rehearse/rehearse/sim"
)

// Eviction is the kubelet's node-pressure eviction for memory.
type Eviction struct {
	// Hard is evictionHard's memory.available in bytes; 0 turns eviction off.
	Hard int64
	// TransitionPeriod is evictionPressureTransitionPeriod.
	TransitionPeriod time.Duration
}

// DefaultEviction is what KubeletConfiguration defaults to.
func DefaultEviction() Eviction {
	return Eviction{Hard: 100 << 20, TransitionPeriod: 5 * time.Minute}
}

// evictionInterval is how often the eviction manager looks
// (evictionMonitoringPeriod in pkg/kubelet/kubelet.go).
const evictionInterval = 10 * time.Second

// pressure is what a node does when its containers together need more memory
// than it has: the kubelet evicts pods when less than a threshold is left, and
// the kernel kills the worst container when nothing is.
//
// What the system itself uses is taken to be what is reserved for it: capacity
// less allocatable and the threshold, since allocatable leaves that out.
type pressure struct {
	host     *Host
	eviction Eviction
	capacity float64
	full     float64 // working sets at which the kernel kills
	short    float64 // above which the kubelet evicts
	phase    sim.Time
	look     sim.Timer // the eviction manager's
	kill     sim.Timer // the kernel's
	on       bool      // the node's MemoryPressure condition
	met      sim.Time  // when the threshold was met last
}

func (p *pressure) init(h *Host, node *v1.Node, e Eviction) {
	capacity, allocatable := node.Status.Capacity.Memory().Value(), node.Status.Allocatable.Memory().Value()
	if allocatable == 0 {
		allocatable = capacity // nothing is reserved
	}
	system := max(0, capacity-allocatable-e.Hard)
	p.host, p.eviction, p.capacity = h, e, float64(capacity)
	p.full, p.short = float64(capacity-system), float64(capacity-system-e.Hard)
	p.phase = sim.Time(h.random.Int64N(int64(evictionInterval)))
	p.look.Init(h.loop, sim.PhaseMachine, p.manage)
	p.kill.Init(h.loop, sim.PhaseMachine, p.outOfMemory)
}

// observe follows a change of what the containers use. Timers may be early:
// what they look for may have gone by then.
func (p *pressure) observe(now sim.Time) {
	if p.capacity == 0 {
		return // the node does not say what it has
	}
	memory := &p.host.Usage.Memory
	if at := memory.reaches(now, p.full); at < p.kill.Deadline() || (at != sim.Never && !p.kill.Armed()) {
		p.kill.Set(at)
	}
	if p.eviction.Hard == 0 {
		return
	}
	if at := memory.reaches(now, p.short); at != sim.Never {
		if at = p.tick(at); at < p.look.Deadline() || !p.look.Armed() {
			p.look.Set(at)
		}
	}
}

// left is how much more memory the node has.
func (h *Host) left(now sim.Time) float64 {
	if h.pressure.capacity == 0 {
		return math.Inf(1)
	}
	return h.pressure.full - h.Usage.Memory.Value(now)
}

// tick is when the eviction manager looks next, from an instant on.
func (p *pressure) tick(at sim.Time) sim.Time {
	const interval = sim.Time(evictionInterval)
	ticks := (at - p.phase + interval - 1) / interval
	return p.phase + max(ticks, 0)*interval
}

// manage is a look of the eviction manager (synchronize in
// pkg/kubelet/eviction/eviction_manager.go): at most one pod goes each time.
func (p *pressure) manage(now sim.Time) {
	used := p.host.Usage.Memory.Value(now)
	short := used > p.short
	if short {
		p.met = now
	}
	if on := short || (p.on && now.Sub(p.met) < p.eviction.TransitionPeriod); on != p.on {
		p.on = on
		if p.host.turned != nil {
			p.host.turned(now, on)
		}
	}
	if p.on {
		p.look.Set(now.Add(evictionInterval))
	}
	if !short {
		p.observe(now)
		return
	}
	if victim := p.worst(now); victim != nil {
		victim.Evict(now, p.message(now, victim, used))
	}
}

// worst ranks the pods as rankMemoryPressure does
// (pkg/kubelet/eviction/helpers.go): those that use more than they request
// first, then by priority, then by how much more. Critical pods stay.
func (p *pressure) worst(now sim.Time) *Pod {
	pods := slices.DeleteFunc(slices.Clone(p.host.pods), func(o *Pod) bool {
		priority := corev1helpers.PodPriority(o.spec)
		return o.finished || o.evicted || o.down || priority >= scheduling.SystemCriticalPriority
	})
	if len(pods) == 0 {
		return nil
	}
	over := map[*Pod]float64{}
	for _, o := range pods {
		over[o] = o.workingSet(now) - float64(o.memoryRequest())
	}
	exceeds := func(o *Pod) int {
		if over[o] > 0 {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(pods, func(a, b *Pod) int {
		return cmp.Or(cmp.Compare(exceeds(a), exceeds(b)),
			cmp.Compare(corev1helpers.PodPriority(a.spec), corev1helpers.PodPriority(b.spec)), cmp.Compare(over[b], over[a]))
	})
	return pods[0]
}

// message is that of the pod's status (evictionMessage in helpers.go).
func (p *pressure) message(now sim.Time, o *Pod, used float64) string {
	quantity := func(bytes float64) string {
		return resource.NewQuantity(int64(bytes), resource.BinarySI).String()
	}
	text := fmt.Sprintf("The node was low on resource: memory. Threshold quantity: %s, available: %s. ",
		quantity(float64(p.eviction.Hard)), quantity(max(0, p.full-used)))
	for _, c := range o.Containers() {
		request := c.plan.Spec.Resources.Requests.Memory()
		if _, bytes := c.Usage(now); bytes > request.AsApproximateFloat64() {
			text += fmt.Sprintf("Container %s was using %s, request is %s, has larger consumption of memory. ",
				c.Name(), quantity(bytes), request)
		}
	}
	return text
}

// outOfMemory is the kernel's OOM killer when the node has no memory left.
func (p *pressure) outOfMemory(now sim.Time) {
	if p.host.Usage.Memory.Value(now) < p.full-1 { // a byte of rounding
		p.observe(now)
		return
	}
	var victim *Container
	highest := 0.0
	for _, o := range p.host.pods {
		for _, c := range o.Containers() {
			if c.state != running {
				continue
			}
			if score := p.badness(now, c); victim == nil || score > highest {
				victim, highest = c, score
			}
		}
	}
	if victim == nil {
		return
	}
	victim.message = "the node ran out of memory"
	victim.exit(now, causeSystemOOM, codeKilled)
	p.observe(now)
}

// badness is what the kernel chooses by (oom_badness in mm/oom_kill.c): bytes,
// and oom_score_adj as thousandths of all memory. The container's processes go
// together, since the kubelet sets memory.oom.group.
func (p *pressure) badness(now sim.Time, c *Container) float64 {
	_, bytes := c.Usage(now)
	return bytes + float64(oomScoreAdjust(c, int64(p.capacity)))*p.capacity/1000
}

// oomScoreAdjust is GetContainerOOMScoreAdjust of pkg/kubelet/qos/policy.go.
func oomScoreAdjust(c *Container, capacity int64) int64 {
	const guaranteed, bestEffort = -997, 1000
	pod := c.pod.spec
	if corev1helpers.PodPriority(pod) >= scheduling.SystemCriticalPriority {
		return guaranteed
	}
	switch qos.GetPodQOS(pod) {
	case v1.PodQOSGuaranteed:
		return guaranteed
	case v1.PodQOSBestEffort:
		return bestEffort
	}
	adjust := 1000 - 1000*c.plan.Spec.Resources.Requests.Memory().Value()/capacity
	switch {
	case adjust < 1000+guaranteed:
		return 1000 + guaranteed
	case adjust == bestEffort:
		return adjust - 1
	}
	return adjust
}

// evictionGrace is how long the containers of a pod have that the node evicts at
// a hard threshold (immediateEvictionGracePeriodSeconds in
// pkg/kubelet/eviction/eviction_manager.go); killContainer makes 2 s of it.
const evictionGrace = time.Second

// Evict ends the pod for good: its containers get SIGTERM, and SIGKILL soon
// after, and when all have ended it has failed (podWorkers' SyncTerminatingPod;
// the status manager's mergePodStatus holds the phase back until then).
func (p *Pod) Evict(now sim.Time, message string) {
	if p.evicted || p.finished || p.gone || p.down {
		return
	}
	p.evicted, p.pulling = true, false
	p.observer.Evicted(now, message)
	for _, c := range p.Containers() {
		c.retry.Stop()
		c.hasten(now, causeEvicted, "Stopping container "+c.Name(), evictionGrace)
	}
	p.sync(now)
}

// syncEvicted waits for the end of the containers.
func (p *Pod) syncEvicted(now sim.Time) {
	p.updateReadinessOnly(now)
	for _, c := range p.Containers() {
		if c.state == running {
			return
		}
	}
	p.finish(now, true)
	if p.deleting && !p.gone {
		p.gone = true
		p.observer.Gone(now)
	}
}

// workingSet is that of all containers of the pod, in bytes.
func (p *Pod) workingSet(now sim.Time) (sum float64) {
	for _, c := range p.Containers() {
		_, bytes := c.Usage(now)
		sum += bytes
	}
	return sum
}

func (p *Pod) memoryRequest() int64 {
	list := resourcehelper.PodRequests(p.spec, resourcehelper.PodResourcesOptions{})
	return list.Memory().Value()
}

// forget takes a pod off the list of those that run.
func (h *Host) forget(p *Pod) {
	for _, c := range p.Containers() {
		h.devices.free(h.loop.Now(), c)
	}
	if i := slices.Index(h.pods, p); i >= 0 {
		h.pods = slices.Delete(h.pods, i, i+1)
	}
}
