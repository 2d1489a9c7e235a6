package metrics

import (
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// read is what a target shows now; nil when it can't be reached.
func (m *measured) read(p *apiserver.Pod) []float64 {
	if p != nil {
		return m.readPod(p)
	}
	s := m.apis.Network.Service(m.source.Service + m.source.Queue)
	waiting, unacknowledged := s.Messages()
	ended, inFlight := s.Totals()
	switch m.source.Of {
	case InFlight:
		return []float64{float64(inFlight)}
	case Latency:
		return s.Latencies(m.source.Bounds)
	case Messages:
		return []float64{float64(waiting)}
	case Unacknowledged:
		return []float64{float64(unacknowledged)}
	}
	return []float64{float64(ended)}
}

// readPod adds up the containers of a pod that listen. cAdvisor's counters begin
// with a container, whether it listens or not.
func (m *measured) readPod(p *apiserver.Pod) (sum []float64) {
	a := m.apis
	if p.Gone() || !a.Machines.Heard(p) {
		return nil
	}
	if m.source.Of == CPUThrottled {
		if !a.Machines.Taken(p) {
			return nil
		}
		return []float64{a.Machines.Throttled(p, a.store.Now())}
	}
	containers := p.Object().Spec.Containers
	for i := range containers {
		instance := a.Instances.Instance(p, containers[i].Name)
		if instance == nil || !instance.Listening() {
			continue
		}
		values := m.readInstance(instance)
		if values == nil {
			continue
		}
		if sum == nil {
			sum = make([]float64, len(values))
		}
		for k, v := range values {
			sum[k] += v
		}
	}
	return sum
}

// readInstance is what a server shows; nil when it has no such metric.
func (m *measured) readInstance(i *load.Instance) []float64 {
	switch m.source.Of {
	case InFlight:
		return []float64{float64(i.InFlight())}
	case Queued:
		return []float64{float64(i.Queued())}
	case Requests:
		return []float64{float64(i.Served())}
	case Sessions:
		return []float64{float64(i.Sessions())}
	case Latency:
		return i.Latencies(m.source.Bounds)
	}
	engine := i.Model()
	if engine == nil {
		return nil
	}
	stats := engine.Stats()
	return []float64{map[Measure]float64{
		ModelRunning: float64(stats.Running), ModelWaiting: float64(stats.Waiting), KVCacheUsage: stats.Cache,
	}[m.source.Of]}
}
