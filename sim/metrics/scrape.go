package metrics

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/prometheus"
)

// measured is one metric of the Config as it is scraped.
type measured struct {
	apis     *APIs
	spec     *Metric
	exposed  bool
	source   Exposed // when it is
	interval time.Duration
	targets  []*target
	known    bool // to the adapter
}

// target is what is scraped: a pod, or what stands for a Service or a queue.
type target struct {
	metric *measured
	pod    *apiserver.Pod // nil for the others
	series prometheus.Series
	timer  sim.Timer
}

// measure adds a metric.
func (a *APIs) measure(spec *Metric) {
	m := &measured{apis: a, spec: spec}
	if m.source, m.exposed = spec.Source.(Exposed); m.exposed {
		if m.interval = m.source.Scrape; m.interval <= 0 {
			m.interval = a.config.Monitoring.ScrapeInterval
		}
		a.Network.Observe(m.source.Bounds)
	} else {
		m.known = true
	}
	a.measured = append(a.measured, m)
	k := kinds.Key(spec.Namespace, spec.Name)
	a.names[k] = append(a.names[k], m)
}

// relist is the adapter's look for series: it knows the metrics that have had one
// since the look before (--metrics-max-age is the relist interval).
func (a *APIs) relist(now sim.Time) {
	interval := a.config.Monitoring.RelistInterval
	a.relists.Set(now.Add(interval))
	for _, m := range a.measured {
		if !m.exposed {
			continue
		}
		m.known = false
		for _, t := range m.targets {
			m.known = m.known || t.series.Seen(now.Add(-interval))
		}
	}
}

// watch begins to scrape a target. Prometheus spreads the scrapes of its targets
// over the interval by their hashes (scrape/target.go, offset).
func (m *measured) watch(now sim.Time, p *apiserver.Pod) {
	store := m.apis.store
	t := &target{metric: m, pod: p}
	t.series.Window = m.source.Window
	t.timer.Init(store.Loop, sim.PhaseObserve, t.scrape)
	name := m.source.Service + m.source.Queue
	if p != nil {
		name = p.Stream()
	}
	offset := store.Streams.Get("prometheus", name).Float64()
	wait := sim.Time(offset*float64(m.interval)) - now%sim.Time(m.interval)
	if wait < 0 {
		wait += sim.Time(m.interval)
	}
	t.timer.Set(now + wait)
	m.targets = append(m.targets, t)
}

func (t *target) gone() bool { return t.pod != nil && t.pod.Gone() }

func (t *target) scrape(now sim.Time) {
	if values := t.metric.read(t.pod); values != nil {
		t.series.Add(now, values...)
	} else {
		t.series.Miss(now)
	}
	if t.gone() {
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
		if !t.gone() || t.series.Seen(now.Add(-m.source.Window)) {
			kept = append(kept, t)
		}
	}
	clear(m.targets[len(kept):])
	m.targets = kept
}
