package cluster

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// pool is what the nodes of a pool are asked for and use, together.
type pool struct {
	name                   string
	cpu, memory, gpu, pods kubelet.Gauge // requested
	used                   kubelet.Usage
	nodes                  []*node
	cpuSeconds             float64 // used up to from
	from                   sim.Time
}

// request adds the requests of a pod to the pool, or takes them away.
func (p *pool) request(now sim.Time, r record.Resources, sign float64) {
	p.cpu.Add(now, sign*r.CPU, 0)
	p.memory.Add(now, sign*float64(r.Memory), 0)
	p.gpu.Add(now, sign*float64(r.GPU), 0)
	p.pods.Add(now, sign, 0)
}

// sampleUsage closes a window of pool usage regularly. There are as many
// windows in a short run as in a long one.
func (w *World) sampleUsage(horizon sim.Time) {
	var sample sim.Func
	sample = func(now sim.Time) {
		w.recordUsage(now)
		if next := now + w.window; next < horizon {
			w.loop.At(next, sim.PhaseObserve, sample)
		}
	}
	if w.window < horizon {
		w.loop.At(w.window, sim.PhaseObserve, sample)
	}
}

func (w *World) recordUsage(now sim.Time) {
	for _, p := range w.pools {
		r := record.PoolUsage{At: w.at(), Pool: p.name, From: p.from}
		r.Used.CPU = p.cores(now)
		r.UsedPeak.CPU = r.Used.CPU
		p.from = now
		r.Requested.CPU, r.RequestedPeak.CPU = p.cpu.Window(now)
		r.Requested.Memory, r.RequestedPeak.Memory = whole(p.memory.Window(now))
		r.Requested.GPU, r.RequestedPeak.GPU = whole(p.gpu.Window(now))
		r.Requested.Pods, r.RequestedPeak.Pods = whole(p.pods.Window(now))
		r.Used.Memory, r.UsedPeak.Memory = whole(p.used.Memory.Window(now))
		w.record(r)
	}
}

// cores is the mean use since the window began, which is also its peak: what a
// monitoring system sees, since the use of an instant is whole threads.
func (p *pool) cores(now sim.Time) float64 {
	before := p.cpuSeconds
	p.cpuSeconds = 0
	for _, n := range p.nodes {
		p.cpuSeconds += n.host.CPUSeconds(now)
	}
	if now == p.from {
		return 0
	}
	return (p.cpuSeconds - before) / (now - p.from).Seconds()
}

func whole(mean, peak float64) (int64, int64) { return int64(mean + 0.5), int64(peak + 0.5) }

// recordContainers writes how a pod's containers used memory and CPU in their
// whole life.
func (w *World) recordContainers(now sim.Time, p *pod) {
	if p.kubelet == nil {
		return
	}
	for _, c := range p.kubelet.Containers() {
		use := c.MemoryUse(now)
		if use.Running == 0 {
			continue
		}
		compute := c.CPUUse(now)
		w.record(record.ContainerCPU{
			At: w.at(), Pod: p.name(), Container: c.Name(), Owner: p.workload,
			Request: compute.Request, Limit: compute.Limit, Running: use.Running, Seconds: compute.Seconds,
			Periods: compute.Periods, ThrottledPeriods: compute.ThrottledPeriods, Throttled: compute.Throttled.Seconds(),
		})
		if s := p.servers[c.Name()]; s != nil && s.Model() != nil {
			m := s.Model().Stats()
			w.record(record.ContainerModel{
				At: w.at(), Pod: p.name(), Container: c.Name(), Owner: p.workload, Running: use.Running, Busy: m.Busy,
				PromptTokens: m.PromptTokens, CachedTokens: m.CachedTokens, OutputTokens: m.OutputTokens,
				Preemptions: m.Preemptions, CachePeak: m.CachePeak,
			})
		}
		r := record.ContainerMemory{
			At: w.at(), Pod: p.name(), Container: c.Name(), Owner: p.workload,
			Request: use.Request, Limit: use.Limit, Max: use.Max, BucketBytes: use.BucketBytes, Running: use.Running,
		}
		for i, seconds := range use.Seconds {
			if seconds > 0 {
				r.Seconds = append(r.Seconds, record.Bucket{Index: i, Weight: seconds})
			}
		}
		for _, peak := range use.Peaks {
			r.Peaks = append(r.Peaks, record.Peak{Max: int64(peak.Bytes), Seconds: peak.Seconds, Age: peak.Age, Killed: peak.Killed})
		}
		w.record(r)
	}
}

// recordNodes writes how each node's memory was used up to now.
func (w *World) recordNodes(now sim.Time) {
	for _, n := range w.nodeOrder {
		n.recordMemory(now)
	}
}

func (n *node) recordMemory(now sim.Time) {
	memory := &n.host.Usage.Memory
	over := memory.Above(now)
	_, peak := memory.Window(now)
	n.world.record(record.NodeMemory{At: n.world.at(), Node: n.api.Name, Max: int64(peak + 0.5), Over: over, Seconds: (now - n.life.since).Seconds()})
}

// checkConservation holds that no request was lost or made up.
func (w *World) checkConservation() {
	for _, s := range w.network.Services() {
		if arrived, ended, inFlight := s.Balance(); arrived != ended+inFlight || inFlight < 0 {
			w.fail(fmt.Errorf("%s: %d requests arrived, but %d ended and %d are in flight", s.Key, arrived, ended, inFlight))
		}
	}
}
