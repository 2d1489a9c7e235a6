package kubelet

import (
	"cmp"
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
	"github.com/kube-rehearse/rehearse/sim/gauge"
	"github.com/kube-rehearse/rehearse/sim/kubelet/backoff"
	"github.com/kube-rehearse/rehearse/sim/kubelet/cgroups"
	"github.com/kube-rehearse/rehearse/sim/kubelet/pulls"
	"github.com/kube-rehearse/rehearse/sim/kubelet/starts"
)

// Host is the kubelet of one node.
type Host struct {
	loop   *sim.Loop
	memory int64 // capacity in bytes
	cpu    *cpu.Node
	random *rand.Rand
	images pulls.Store
	relist sim.Time // an instant of the ticker that relists all pods
	ticks  sim.Time // one of the ticker that looks into the work queue
	// batches is one at which the status manager tells what it has not told yet.
	batches sim.Time

	runtime        Runtime
	starts         starts.Share
	longestBackoff time.Duration
	fake           bool     // kwok's: there is no kubelet
	ticking        bool     // each tick of a probe is an event
	oneProcess     bool     // an OOM kill takes one process, not the container
	begun          sim.Time // the kubelet's last start
	restarted      bool     // which was not before the simulation

	pods     []*Pod // that have not ended
	pressure pressure
	shutdown *shutdown // nil while nobody asks for one
	devices  devices
	turned   func(now sim.Time, kind v1.NodeConditionType, on bool)

	// Usage is what the containers of the node use.
	Usage Usage
	pool  *Usage
	block float64 // seconds
}

// Usage is what containers use together: bytes, and the steady part of their
// cores.
type Usage struct{ Idle, Memory gauge.Gauge }

// HostOptions are the kubelet's settings.
type HostOptions struct {
	ImageBandwidth float64 // bytes per second
	SerializePulls bool
	// Usage, if given, sums up the nodes that share it.
	Usage *Usage
	// PeakBlock is how long the blocks are whose peaks MemoryUse gives; 0 is
	// an hour.
	PeakBlock time.Duration
	// Eviction is the kubelet's.
	Eviction Eviction
	// Pressure, if given, hears when MemoryPressure or DiskPressure of the node changes.
	Pressure func(now sim.Time, kind v1.NodeConditionType, on bool)
	// Runtime is how long the container runtime takes.
	Runtime Runtime
	// MaxParallelPulls is maxParallelImagePulls; 0 is no bound.
	MaxParallelPulls int
	// MaxRestartPeriod is crashLoopBackOff.maxContainerRestartPeriod; 0 is 300 s.
	MaxRestartPeriod time.Duration
	// SingleProcessOOMKill is the setting of that name: an OOM kill takes one process
	// of a container instead of all (memory.oom.group of cgroup v2, which v1 lacks).
	SingleProcessOOMKill bool
	// Fake is a node that kwok plays: there is no kubelet, and what happens on it is
	// told at once.
	Fake bool
	// Ticking makes each tick of a probe an event, also when it can find nothing new.
	Ticking bool
	// Started says that the kubelet starts now, in the middle of the simulation.
	Started bool
}

// NewHost starts a kubelet. Random gives the phases of its tickers.
func NewHost(loop *sim.Loop, node *v1.Node, options HostOptions, random *rand.Rand) *Host {
	h := &Host{
		cpu:        newCPU(loop, node),
		random:     random,
		loop:       loop,
		pool:       options.Usage,
		memory:     node.Status.Capacity.Memory().Value(),
		relist:     sim.Time(random.Int64N(int64(relistPeriod))),
		images:     pulls.New(loop, options.ImageBandwidth, parallelPulls(options)),
		runtime:    options.Runtime,
		fake:       options.Fake,
		ticking:    options.Ticking,
		oneProcess: options.SingleProcessOOMKill, begun: loop.Now(), restarted: options.Started,
		longestBackoff: cmp.Or(options.MaxRestartPeriod, backoff.Max),
	}
	if h.fake {
		h.runtime = Runtime{}
	}
	h.ticks = sim.Time(random.Int64N(int64(syncTick)))
	h.starts.Init(loop, h.runtime.Parallel*max(node.Status.Capacity.Cpu().AsApproximateFloat64(), 1))
	if h.block = options.PeakBlock.Seconds(); h.block <= 0 {
		h.block = time.Hour.Seconds()
	}
	h.Usage.Memory.Watch(float64(node.Status.Allocatable.Memory().Value()))
	h.turned = options.Pressure
	h.pressure.init(h, node, options.Eviction)
	h.devices = newDevices(node)
	h.batches = sim.Time(random.Int64N(int64(batchPeriod)))
	for _, image := range node.Status.Images {
		for _, name := range image.Names {
			h.images.Have[name] = true
		}
	}
	return h
}

func parallelPulls(o HostOptions) int {
	if o.SerializePulls {
		return 1
	}
	return o.MaxParallelPulls
}

// mostCores is what a node has whose object does not say.
const mostCores = 4096

// newCPU is the CPU of a node: all its cores, since what the system reserves is
// a weight and no limit.
func newCPU(loop *sim.Loop, node *v1.Node) *cpu.Node {
	cores := min(node.Status.Capacity.Cpu().AsApproximateFloat64(), mostCores)
	if cores < 0.001 {
		cores = mostCores
	}
	n, err := cpu.NewNode(loop, cpu.Config{Cores: cores, Phase: sim.PhaseRequest})
	if err != nil {
		panic(err) // the number of cores is in its range
	}
	return n
}

// newGroup is the cgroup of a container. Random gives the phase of its quota's period:
// the container's own draws, so that a pod more on the node leaves those of others alone.
func (h *Host) newGroup(pod *v1.Pod, c *v1.Container, threads int, random func() *rand.Rand) *cpu.Group {
	request, limit := cgroups.CPURequest(pod, c), cgroups.CPULimit(pod, c)
	r := cpu.ResourcesOf(request, limit, 0)
	if limit > 0 { // without a quota nobody sees the phase
		r.Offset = time.Duration(random().Int64N(int64(cpu.DefaultPeriod)))
	}
	r.Threads = min(max(threads, 0), mostCores)
	g, err := h.cpu.NewGroup(r)
	if err != nil {
		panic(err) // ResourcesOf keeps to the ranges
	}
	return g
}

// CPUSeconds is the CPU time that the node's containers have used up to now.
func (h *Host) CPUSeconds(now sim.Time) float64 {
	return h.cpu.Used(now).Seconds() + h.Usage.Idle.Integral(now)
}

// use books a change of what a container uses: steady cores, bytes, and how fast the
// bytes grow a second from here.
func (h *Host) use(now sim.Time, cores, bytes, bytesPerSecond float64) {
	for _, u := range [...]*Usage{&h.Usage, h.pool} {
		if u == nil {
			continue
		}
		if cores != 0 {
			u.Idle.Add(now, cores, 0)
		}
		if bytes != 0 || bytesPerSecond != 0 {
			u.Memory.Add(now, bytes, bytesPerSecond)
		}
	}
	if bytes > 0 || bytesPerSecond != 0 {
		h.pressure.observe(now)
	}
}
