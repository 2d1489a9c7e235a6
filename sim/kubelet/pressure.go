package kubelet

import (
	"math"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	kubeletqos "k8s.io/kubernetes/pkg/kubelet/qos"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet/eviction"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// Eviction is the kubelet's node-pressure eviction for memory and disk.
type Eviction struct {
	// Hard is evictionHard's memory.available in bytes; 0 turns eviction off.
	Hard int64
	// Disk is its nodefs.available, or imagefs.available where that is more: both are
	// of the same disk. Zero turns eviction off.
	Disk []eviction.Threshold
	// TransitionPeriod is evictionPressureTransitionPeriod.
	TransitionPeriod time.Duration
}

// DefaultEviction is what KubeletConfiguration defaults to, without imagefs.available 15 %,
// which EKS, GKE and AKS leave out.
func DefaultEviction() Eviction {
	return Eviction{Hard: 100 << 20, Disk: []eviction.Threshold{{Part: 0.1}}, TransitionPeriod: 5 * time.Minute}
}

// How often the eviction manager looks (evictionMonitoringPeriod in
// pkg/kubelet/kubelet.go), how often and how long it asks after an eviction whether
// the pod is cleaned up (podCleanupPollFreq, podCleanupTimeout in
// pkg/kubelet/eviction/eviction_manager.go), and how long it waits for the kill
// (killPodNow in pkg/kubelet/pod_workers.go, for a grace period of 1 s).
const (
	evictionInterval = 10 * time.Second
	cleanupPoll      = time.Second
	cleanupTimeout   = 30 * time.Second
	killTimeout      = 10 * time.Second
)

// statusInterval is nodeStatusUpdateFrequency: how often the kubelet writes the
// conditions of its node.
const statusInterval = 10 * time.Second

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
	full     float64            // working sets at which the kernel kills
	short    float64            // above which the kubelet evicts
	phase    sim.Time           // an instant at which the eviction manager looks
	writes   sim.Time           // one at which the node's conditions are written
	look     sim.Timer          // the eviction manager's
	kill     sim.Timer          // the kernel's
	write    sim.Timer          // of the node's condition
	memory   eviction.Condition // MemoryPressure
	storage  eviction.Condition // DiskPressure
	disk     *storage.Disk
	queue    []exceeder
	victim   *Pod     // whose end the eviction manager waits for
	patience sim.Time // until when
	polls    bool     // its containers have ended, or took too long to
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
	p.writes = sim.Time(h.random.Int64N(int64(statusInterval)))
	p.look.Init(h.loop, sim.PhaseMachine, p.manage)
	p.kill.Init(h.loop, sim.PhaseMachine, p.outOfMemory)
	p.write.Init(h.loop, sim.PhaseMachine, p.turn)
	p.disk = storage.NewDisk(node, e.threshold, p.phase, p.observe)
}

// threshold is that of a disk of some bytes.
func (e *Eviction) threshold(capacity int64) (bytes int64) {
	for _, t := range e.Disk {
		bytes = max(bytes, t.Of(capacity))
	}
	return bytes
}

// observe follows a change of what the containers use. Timers may be early:
// what they look for may have gone by then.
func (p *pressure) observe(now sim.Time) {
	memory, short := &p.host.Usage.Memory, sim.Never
	if p.capacity > 0 { // the node says what it has
		if at := memory.Reaches(now, p.full); at < p.kill.Deadline() || (at != sim.Never && !p.kill.Armed()) {
			p.kill.Set(at)
		}
		if p.eviction.Hard > 0 {
			short = memory.Reaches(now, p.short)
		}
	}
	if due := p.disk.Due(); due != sim.Never {
		short = min(short, max(due, now+1)) // statistics are late: it may be due already
	}
	if short == sim.Never || p.victim != nil {
		return
	}
	if at := p.tick(short); at < p.look.Deadline() || !p.look.Armed() {
		p.look.Set(at)
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
	return at + mod(p.phase-at, sim.Time(evictionInterval))
}

// turn writes the node's conditions.
func (p *pressure) turn(now sim.Time) {
	p.turned(now, v1.NodeMemoryPressure, &p.memory)
	p.turned(now, v1.NodeDiskPressure, &p.storage)
}

func (p *pressure) turned(now sim.Time, kind v1.NodeConditionType, c *eviction.Condition) {
	if c.On == c.Told {
		return
	}
	c.Told = c.On
	if p.host.turned != nil {
		p.host.turned(now, kind, c.On)
	}
}

// crash is the end of the kubelet, boot its start.
func (p *pressure) crash() {
	p.victim, p.queue, p.memory.On, p.storage.On = nil, nil, false, false
	p.look.Stop()
	p.write.Stop()
}

func (p *pressure) boot(now sim.Time) {
	p.phase, p.memory.Told, p.storage.Told = now, false, false
	p.observe(now)
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
			if score := p.badness(now, c, p.capacity); victim == nil || score > highest {
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
// and oom_score_adj as thousandths of all memory that there is to choose in. The container's
// processes go together, since the kubelet sets memory.oom.group.
func (p *pressure) badness(now sim.Time, c *Container, memory float64) float64 {
	_, bytes := c.Usage(now)
	return bytes + float64(kubeletqos.GetContainerOOMScoreAdjust(c.pod.spec, c.plan.Spec, int64(p.capacity)))*memory/1000
}

// forget takes a pod off the list of those that run.
func (h *Host) forget(p *Pod) {
	p.disk.Leave()
	for _, c := range p.Containers() {
		h.devices.free(h.loop.Now(), c)
	}
	if i := slices.Index(h.pods, p); i >= 0 {
		h.pods = slices.Delete(h.pods, i, i+1)
	}
}
