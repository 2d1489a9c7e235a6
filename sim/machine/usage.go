package machine

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Sample closes a window of pool usage regularly. There are as many windows in a
// short run as in a long one.
func (m *Machines) Sample(horizon sim.Time) {
	window := m.options.Window
	var sample sim.Func
	sample = func(now sim.Time) {
		m.recordUsage(now)
		if next := now + window; next < horizon {
			m.Loop.At(next, sim.PhaseObserve, sample)
		}
	}
	if window < horizon {
		m.Loop.At(window, sim.PhaseObserve, sample)
	}
}

// RecordEnd writes how containers, pools and nodes were used up to now.
func (m *Machines) RecordEnd(now sim.Time) {
	for p := range m.Pods() {
		m.recordContainers(now, p)
	}
	m.recordUsage(now)
	for _, n := range m.order {
		n.recordMemory(now)
	}
}

func (m *Machines) recordUsage(now sim.Time) {
	for _, p := range m.pools {
		r := record.PoolUsage{At: m.At(), Pool: p.name, From: p.from}
		r.Used.CPU = p.cores(now)
		r.UsedPeak.CPU = r.Used.CPU
		p.from = now
		r.Requested.CPU, r.RequestedPeak.CPU = p.cpu.Window(now)
		r.Requested.Memory, r.RequestedPeak.Memory = whole(p.memory.Window(now))
		r.Requested.GPU, r.RequestedPeak.GPU = whole(p.gpu.Window(now))
		r.Requested.Pods, r.RequestedPeak.Pods = whole(p.pods.Window(now))
		r.Used.Memory, r.UsedPeak.Memory = whole(p.used.Memory.Window(now))
		m.Record(r)
	}
}

func whole(mean, peak float64) (int64, int64) { return int64(mean + 0.5), int64(peak + 0.5) }

// recordContainers writes how a pod's containers used memory and CPU in their
// whole life.
func (m *Machines) recordContainers(now sim.Time, p *apiserver.Pod) {
	for _, c := range m.Running(p) {
		use := c.MemoryUse(now)
		if use.Running == 0 {
			continue
		}
		compute := c.CPUUse(now)
		m.Record(record.ContainerCPU{
			At: m.At(), Pod: p.Key(), Container: c.Name(), Owner: p.Workload,
			Request: compute.Request, Limit: compute.Limit, Running: use.Running, Seconds: compute.Seconds,
			Periods: compute.Periods, ThrottledPeriods: compute.ThrottledPeriods, Throttled: compute.Throttled.Seconds(),
		})
		model := record.ContainerModel{At: m.At(), Pod: p.Key(), Container: c.Name(), Owner: p.Workload, Running: use.Running}
		if m.programs.Model(p, c.Name(), &model) {
			m.Record(model)
		}
		r := record.ContainerMemory{
			At: m.At(), Pod: p.Key(), Container: c.Name(), Owner: p.Workload,
			Request: use.Request, Limit: use.Limit, Max: use.Max, BucketBytes: use.BucketBytes, Running: use.Running,
		}
		for i, seconds := range use.Seconds {
			if seconds > 0 {
				r.Seconds = append(r.Seconds, record.Bucket{Index: i, Weight: seconds})
			}
		}
		for _, peak := range use.Peaks {
			r.Peaks = append(r.Peaks, record.Peak{Max: int64(peak.Bytes), Seconds: peak.Seconds, Age: peak.Age,
				Killed: peak.Killed})
		}
		m.Record(r)
	}
}

func (n *Node) recordMemory(now sim.Time) {
	m, memory := n.machines, &n.host.Usage.Memory
	over := memory.Above(now)
	_, peak := memory.Window(now)
	m.Record(record.NodeMemory{At: m.At(), Node: n.name, Max: int64(peak + 0.5), Over: over,
		Seconds: (now - n.life.since).Seconds()})
}
