package cluster

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
)

// metricsServer scrapes the kubelets every Resolution. What it finds there is
// as old as cAdvisor's last look at the container. CPU use is the slope between
// the last two points, so a new pod has none until it was scraped twice
// (metrics-server, pkg/storage).
type metricsServer struct {
	world  *World
	timer  sim.Timer
	custom map[string]int64 // by namespace and name, in thousandths
}

// samples are what cAdvisor and metrics-server hold of a pod.
type samples struct {
	housekeeping sim.Timer
	looking      bool
	fresh        sample // cAdvisor's
	last, before sample // metrics-server's; without one, before is cAdvisor's, too
}

// sample is one look at the containers of a pod.
type sample struct {
	at         sim.Time
	containers []containerUse
}

type containerUse struct {
	name                   string
	cpuSeconds, workingSet float64
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
		if autoscaled[p.workload] {
			p.scraped(now)
		}
	}
}

// scraped passes cAdvisor's last look on to metrics-server.
func (p *pod) scraped(now sim.Time) {
	s := &p.samples
	switch {
	case p.kubelet == nil:
	case !s.looking:
		p.startHousekeeping(now)
		s.last = s.fresh
	case s.fresh.at > s.last.at:
		s.before, s.last = s.last, s.fresh
	}
}

// instant is the time over which the use of an instant is measured, for a
// metrics API without delay: at an instant itself threads run, or not.
const instant = time.Second

// startHousekeeping lets cAdvisor look at the pod from now on, at a phase that
// chance gives.
func (p *pod) startHousekeeping(now sim.Time) {
	w, s := p.world, &p.samples
	s.looking, s.fresh = true, p.look(now)
	period := max(w.spec.MetricsServer.Housekeeping, time.Second) // cAdvisor's own floor
	if w.spec.MetricsServer.Resolution <= 0 {
		period = instant
	}
	s.housekeeping.Init(w.loop, sim.PhaseObserve, func(now sim.Time) {
		if !p.removed {
			if w.spec.MetricsServer.Resolution <= 0 {
				s.before = s.fresh
			}
			s.fresh = p.look(now)
			s.housekeeping.Set(now.Add(period))
		}
	})
	random := w.streams.Get("cadvisor", fmt.Sprintf("%s#%d", p.workload, p.ordinal))
	s.housekeeping.Set(now.Add(time.Duration(random.Int64N(int64(period)))))
}

func (p *pod) look(now sim.Time) sample {
	s := sample{at: now}
	for _, c := range p.kubelet.Containers() {
		if c.Running() {
			cpu, memory := c.Usage(now)
			s.containers = append(s.containers, containerUse{c.Name(), cpu, memory})
		}
	}
	return s
}

func (s sample) of(name string) (containerUse, bool) {
	for _, c := range s.containers {
		if c.name == name {
			return c, true
		}
	}
	return containerUse{}, false
}

// resourceMetric is what the resource metrics API shows of a pod now; known is
// false when it has nothing on it.
func (p *pod) resourceMetric(now sim.Time, name v1.ResourceName, container string) (m metrics.PodMetric, known bool) {
	if p.kubelet == nil || p.removed {
		return m, false
	}
	if p.world.spec.MetricsServer.Resolution <= 0 {
		return p.instantMetric(now, name, container)
	}
	last, before := p.samples.last, p.samples.before
	window := last.at.Sub(before.at)
	if len(before.containers) == 0 || window <= 0 {
		return m, false
	}
	m.Timestamp, m.Window = p.world.wall(last.at), window
	for _, c := range last.containers {
		earlier, there := before.of(c.name)
		if !there {
			return m, false // the pod is shown when all its containers are
		}
		if container != "" && container != c.name {
			continue
		}
		known = true
		m.Value += inThousandths(name, (c.cpuSeconds-earlier.cpuSeconds)/window.Seconds(), c.workingSet)
	}
	return m, known
}

// instantMetric is the use at this instant, for a metrics API without delay: of
// CPU the mean over the last full second that was looked at.
func (p *pod) instantMetric(now sim.Time, name v1.ResourceName, container string) (m metrics.PodMetric, known bool) {
	m.Timestamp, m.Window = p.world.wall(now), p.world.spec.MetricsServer.Window
	for _, c := range p.kubelet.Containers() {
		if !c.Running() || (container != "" && container != c.Name()) {
			continue
		}
		known = true
		_, bytes := c.Usage(now)
		cores := 0.0
		earlier, there := p.samples.before.of(c.Name())
		if later, running := p.samples.fresh.of(c.Name()); there && running {
			cores = (later.cpuSeconds - earlier.cpuSeconds) / p.samples.fresh.at.Sub(p.samples.before.at).Seconds()
		}
		m.Value += inThousandths(name, cores, bytes)
	}
	return m, known
}

// inThousandths is the use of one resource as the metrics APIs' clients count
// it; nothing but CPU and memory is measured.
func inThousandths(name v1.ResourceName, cores, bytes float64) int64 {
	switch name {
	case v1.ResourceCPU:
		return int64(cores * 1000)
	case v1.ResourceMemory:
		return int64(bytes) * 1000
	}
	return 0
}

// set gives a custom or external metric its value.
func (m *metricsServer) set(a SetMetric) { m.custom[key(a.Namespace, a.Name)] = a.Value.MilliValue() }
