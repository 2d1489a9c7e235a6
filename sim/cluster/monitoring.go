package cluster

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/prometheus"
)

// monitoring is Prometheus and the adapter between it and the metrics APIs.
type monitoring struct {
	world   *World
	relist  sim.Timer
	metrics []*measured
	names   map[string][]*measured // by namespace and name
}

// measured is one metric of the Spec as it is scraped.
type measured struct {
	world    *World
	spec     *Metric
	source   Exposed
	interval time.Duration
	targets  []*target
	known    bool // to the adapter
}

// target is what is scraped: a pod, or what stands for a Service or a queue.
type target struct {
	metric *measured
	pod    *pod // nil for the others
	series prometheus.Series
	timer  sim.Timer
}

func newMonitoring(w *World) *monitoring {
	m := &monitoring{world: w, names: map[string][]*measured{}}
	m.relist.Init(w.loop, sim.PhaseObserve, m.list)
	for i := range w.spec.Metrics {
		spec := &w.spec.Metrics[i]
		one := &measured{world: w, spec: spec}
		if e, is := spec.Source.(Exposed); is {
			one.source, one.interval = e, e.Scrape
			if one.interval <= 0 {
				one.interval = w.monitoringConfig().ScrapeInterval
			}
			w.network.Observe(e.Bounds)
		} else {
			one.known = true
		}
		m.metrics = append(m.metrics, one)
		k := key(spec.Namespace, spec.Name)
		m.names[k] = append(m.names[k], one)
	}
	return m
}

func (w *World) monitoringConfig() Monitoring {
	if w.spec.Monitoring == (Monitoring{}) {
		return DefaultMonitoring()
	}
	return w.spec.Monitoring
}

// start begins to scrape what is there from the beginning. When the adapter
// lists is a matter of chance.
func (m *monitoring) start() {
	exposed := false
	for _, one := range m.metrics {
		if _, is := one.spec.Source.(Exposed); !is {
			continue
		}
		exposed = true
		if one.source.Workload == "" {
			one.watch(0, nil)
		}
	}
	if exposed {
		random := m.world.streams.Get("prometheus-adapter", "relist")
		m.relist.Set(sim.Time(random.Int64N(int64(m.world.monitoringConfig().RelistInterval))))
	}
}

// list is the adapter's look for series: it knows the metrics that have had one
// since the look before (--metrics-max-age is the relist interval).
func (m *monitoring) list(now sim.Time) {
	interval := m.world.monitoringConfig().RelistInterval
	m.relist.Set(now.Add(interval))
	for _, one := range m.metrics {
		if _, is := one.spec.Source.(Exposed); !is {
			continue
		}
		one.known = false
		for _, t := range one.targets {
			one.known = one.known || t.series.Seen(now.Add(-interval))
		}
	}
}

// discovered is a pod whose address Prometheus learns of.
func (m *monitoring) discovered(now sim.Time, p *pod) {
	for _, one := range m.metrics {
		if one.source.Workload == p.workload && p.workload != "" {
			one.watch(now, p)
		}
	}
}

// watch begins to scrape a target. Prometheus spreads the scrapes of its targets
// over the interval by their hashes (scrape/target.go, offset).
func (m *measured) watch(now sim.Time, p *pod) {
	t := &target{metric: m, pod: p}
	t.series.Window = m.source.Window
	t.timer.Init(m.world.loop, sim.PhaseObserve, t.scrape)
	name := m.source.Service + m.source.Queue
	if p != nil {
		name = fmt.Sprintf("%s#%d", p.workload, p.ordinal)
	}
	offset := m.world.streams.Get("prometheus", name).Float64()
	wait := sim.Time(offset*float64(m.interval)) - now%sim.Time(m.interval)
	if wait < 0 {
		wait += sim.Time(m.interval)
	}
	t.timer.Set(now + wait)
	m.targets = append(m.targets, t)
}

func (t *target) scrape(now sim.Time) {
	if values := t.metric.read(t.pod); values != nil {
		t.series.Add(now, values...)
	} else {
		t.series.Miss(now)
	}
	if t.pod != nil && t.pod.removed {
		t.metric.prune(now)
		if !t.series.Seen(now.Add(-t.metric.source.Window)) {
			return // nothing of it is seen any more
		}
	}
	t.timer.Set(now.Add(t.metric.interval))
}

// prune forgets targets that are gone and of which no window holds a sample.
func (m *measured) prune(now sim.Time) {
	kept := m.targets[:0]
	for _, t := range m.targets {
		if t.pod == nil || !t.pod.removed || t.series.Seen(now.Add(-m.source.Window)) {
			kept = append(kept, t)
		}
	}
	clear(m.targets[len(kept):])
	m.targets = kept
}

// read is what a target shows now; nil when it can't be reached.
func (m *measured) read(p *pod) []float64 {
	if p != nil {
		return m.readPod(p)
	}
	s := m.world.network.Service(m.source.Service + m.source.Queue)
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

// readPod adds up the containers of a pod that listen.
func (m *measured) readPod(p *pod) (sum []float64) {
	if p.removed || p.unheard() {
		return nil
	}
	if m.source.Of == CPUThrottled {
		return p.throttled(m.world.loop.Now())
	}
	for i := range p.api.Spec.Containers {
		instance := p.servers[p.api.Spec.Containers[i].Name]
		if instance == nil || !instance.Listening() {
			continue
		}
		var values []float64
		switch m.source.Of {
		case InFlight:
			values = []float64{float64(instance.InFlight())}
		case Queued:
			values = []float64{float64(instance.Queued())}
		case Requests:
			values = []float64{float64(instance.Served())}
		case Sessions:
			values = []float64{float64(instance.Sessions())}
		case Latency:
			values = instance.Latencies(m.source.Bounds)
		default:
			engine := instance.Model()
			if engine == nil {
				continue
			}
			stats := engine.Stats()
			values = []float64{map[Measure]float64{
				ModelRunning: float64(stats.Running), ModelWaiting: float64(stats.Waiting), KVCacheUsage: stats.Cache,
			}[m.source.Of]}
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

// throttled sums up how long the containers of a pod stood still at their CPU
// limits. cAdvisor counts them from their start on, whether they listen or not.
func (p *pod) throttled(now sim.Time) []float64 {
	if p.kubelet == nil {
		return nil
	}
	sum := 0.0
	for _, c := range p.kubelet.Containers() {
		sum += c.CPUUse(now).Throttled.Seconds()
	}
	return []float64{sum}
}
