package cluster

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// metricsServer scrapes the kubelets every Resolution, and holds the values that
// SetMetric gave.
type metricsServer struct {
	world  *World
	timer  sim.Timer
	custom map[string]int64 // by namespace and name, in thousandths
}

func newMetricsServer(w *World) *metricsServer {
	m := &metricsServer{world: w, custom: map[string]int64{}}
	m.timer.Init(w.loop, sim.PhaseObserve, m.scrape)
	return m
}

// start sets the phase of the scrapes by chance, as that of a real one is.
func (m *metricsServer) start() {
	if resolution := m.world.spec.MetricsServer.Resolution; resolution > 0 {
		random := m.world.streams.Get("metrics-server", "scrape")
		m.timer.Set(sim.Time(random.Int64N(int64(resolution))))
	}
}

func (m *metricsServer) scrape(now sim.Time) {
	m.timer.Set(now.Add(m.world.spec.MetricsServer.Resolution))
	if len(m.world.autoscalers.order) == 0 {
		return // nobody asks
	}
	autoscaled := map[string]bool{}
	for _, a := range m.world.autoscalers.inOrder() {
		autoscaled[a.target().key] = true
	}
	for _, p := range m.world.pods.inOrder() {
		switch {
		case !autoscaled[p.workload] || p.kubelet == nil:
		case p.samples.Watched():
			p.samples.Scrape()
		default:
			p.watchUse(now)
		}
	}
}

// watchUse lets cAdvisor look at the pod from now on.
func (p *pod) watchUse(now sim.Time) {
	w := p.world
	random := w.streams.Get("cadvisor", fmt.Sprintf("%s#%d", p.workload, p.ordinal))
	p.samples.Watch(now, w.loop, w.spec.MetricsServer, random, p.use)
}

// use is what the containers that run have used.
func (p *pod) use(now sim.Time) (list []metricsserver.Use) {
	for _, c := range p.kubelet.Containers() {
		if c.Running() {
			cpu, memory := c.Usage(now)
			list = append(list, metricsserver.Use{Name: c.Name(), CPUSeconds: cpu, WorkingSet: memory})
		}
	}
	return list
}

// resourceMetric is what the resource metrics API shows of a pod now; known is
// false when it has nothing on it.
func (p *pod) resourceMetric(now sim.Time, name v1.ResourceName, container string) (m metrics.PodMetric, known bool) {
	if p.kubelet == nil || p.removed {
		return m, false
	}
	v, known := p.samples.Value(now, name, container)
	return metrics.PodMetric{Timestamp: p.world.wall(v.At), Window: v.Window, Value: v.Milli}, known
}

// set gives a custom or external metric its value.
func (m *metricsServer) set(a SetMetric) { m.custom[key(a.Namespace, a.Name)] = a.Value.MilliValue() }
