package build

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/scenarios/exports"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/settings"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/prometheus"
)

// defaultRateWindow is that of prometheus-adapter's sample configuration
// (docs/sample-config.yaml).
const defaultRateWindow = 2 * time.Minute

// metrics reads the custom and external metrics.
func (b *builder) metrics(list []wire.Metric) {
	for i, m := range list {
		at := fmt.Sprintf("metrics[%d]", i)
		if b.broken(at) {
			continue
		}
		made := cluster.Metric{Namespace: b.namespace(m.Namespace), Name: m.Name, Labels: m.Labels}
		if m.Object != "" {
			kind, name, found := strings.Cut(b.objects.Kinds.Canonical(m.Object), "/")
			if !found || kind == "" || name == "" {
				b.fault(at+".object", "must be Kind/name, got %.80q", m.Object)
			}
			made.Object = objects.Ref(kind, made.Namespace, name)
		}
		made.Source = b.metricSource(at, &m, made.Namespace)
		if made.Source != nil && b.distinct(at, &made) {
			b.spec.Metrics = append(b.spec.Metrics, made)
		}
	}
}

// exported measures what autoscalers ask for by names that say what it is, and states it.
func (b *builder) exported(found exports.Found) {
	b.metrics(found.Metrics)
	for _, told := range found.Told {
		b.assumption("%s", told)
	}
}

// distinct holds that two metrics of one name are of different things.
func (b *builder) distinct(at string, m *cluster.Metric) bool {
	for i := range b.spec.Metrics {
		o := &b.spec.Metrics[i]
		if o.Namespace != m.Namespace || o.Name != m.Name || o.Object != m.Object || o.Labels.String() != m.Labels.String() {
			continue
		}
		x, exposed := o.Source.(cluster.Exposed)
		y, too := m.Source.(cluster.Exposed)
		if exposed && too && x.Workload != y.Workload {
			continue
		}
		b.fault(at+".name", "must be unique, or differ in pods, object or labels, got %q twice", m.Name)
		return false
	}
	return true
}

func (b *builder) metricSource(at string, m *wire.Metric, namespace string) cluster.MetricSource {
	given := 0
	for _, is := range []bool{m.Pods != "", m.Service != "", m.Queue != "", m.Series != nil, m.Value != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		b.fault(at, "must have exactly one of pods, service, queue, series, value, got %d", given)
		return nil
	}
	if m.Series != nil || m.Value != nil {
		if m.Of != "" || m.Rate != nil || m.Quantile != nil || m.Buckets != nil || m.Total != "" || m.Scrape != nil {
			b.fault(at, "must have of, rate, quantile, buckets, total and scrape_interval only with pods, service or queue")
		}
		if m.Value != nil {
			q := resource.Quantity(*m.Value)
			return cluster.Given{Values: constantValue(q.AsApproximateFloat64())}
		}
		if v := b.metricSeries(at+".series", m.Series); v != nil {
			return cluster.Given{Values: v}
		}
		return nil
	}
	return b.exposed(at, m, namespace)
}

// constantValue is a value that stays.
type constantValue float64

func (c constantValue) At(sim.Time) (float64, bool) { return float64(c), true }

// exposable is what each kind of target shows.
var exposable = map[string][]cluster.Measure{
	"pods": {cluster.InFlight, cluster.Queued, cluster.Requests, cluster.Latency, cluster.Sessions, cluster.CPUThrottled,
		cluster.ModelRunning, cluster.ModelWaiting, cluster.KVCacheUsage},
	"queue":   {cluster.Messages, cluster.Unacknowledged},
	"service": {cluster.InFlight, cluster.Requests, cluster.Latency},
}

func (b *builder) exposed(at string, m *wire.Metric, namespace string) cluster.MetricSource {
	e := cluster.Exposed{Of: cluster.Measure(m.Of), Total: cluster.Sum}
	kind := "pods"
	switch {
	case m.Pods != "":
		r, err := b.objects.Find(m.Pods, namespace)
		if err != nil {
			b.refuse(at+".pods", err)
			return nil
		}
		e.Workload = r.Namespace + "/" + r.Kind + "/" + r.Name
		if !slices.ContainsFunc(b.objects.Templates(), func(t objects.Template) bool { return t.Ref == r }) {
			b.unmatched(at+".pods", "must be a workload or Pod, got %s", r.Kind)
		}
	case m.Queue != "":
		kind = "queue"
		if e.Queue = b.queueKey(m.Queue); e.Queue == "" {
			b.unmatched(at+".queue", "must be one of queues, got %.80q", m.Queue)
		}
	default:
		kind = "service"
		of, name, found := strings.Cut(m.Service, "/")
		if !found {
			of, name = namespace, m.Service
		}
		if _, known := b.objects.ByName[objects.Ref("Service", of, name)]; !known {
			b.unmatched(at+".service", "must be namespace/name of a Service of the manifests, got %.80q", m.Service)
		}
		e.Service = of + "/" + name
	}
	if !slices.Contains(exposable[kind], e.Of) {
		b.fault(at+".of", "must be one of %s, got %.60q", words(exposable[kind]), m.Of)
		return nil
	}
	b.asked(at, m, &e)
	if e.Of == cluster.KVCacheUsage {
		e.Total = cluster.Avg
	}
	if m.Total != "" {
		e.Total = cluster.Aggregation(m.Total)
		if !slices.Contains([]cluster.Aggregation{cluster.Sum, cluster.Avg, cluster.Max, cluster.Single}, e.Total) ||
			e.Of == cluster.Latency {
			b.fault(at+".total", "must be sum, avg, max or single, and left out with latency, got %.60q", m.Total)
		}
	}
	if m.Scrape != nil {
		settings.Interval(at+".scrape_interval", m.Scrape, &e.Scrape, b.fault)
	}
	return e
}

func words(list []cluster.Measure) string {
	text := make([]string, len(list))
	for i, m := range list {
		text[i] = string(m)
	}
	return strings.Join(text, ", ")
}

// asked reads what is asked of counters and histograms.
func (b *builder) asked(at string, m *wire.Metric, e *cluster.Exposed) {
	counter, histogram := e.Of == cluster.Requests || e.Of == cluster.CPUThrottled, e.Of == cluster.Latency
	if counter || histogram {
		e.Window = defaultRateWindow
	}
	if m.Rate != nil {
		e.Window = time.Duration(*m.Rate)
		interval := b.spec.Monitoring.ScrapeInterval
		if m.Scrape != nil {
			interval = time.Duration(*m.Scrape)
		}
		switch {
		case !counter && !histogram:
			b.fault(at+".rate", "must be left out with %s", m.Of)
		case e.Window < 2*interval:
			b.unmatched(at+".rate", "must be at least twice the scrape interval of %s, since rate() needs two samples, got %s",
				interval, e.Window)
		}
	}
	if (m.Quantile != nil || m.Buckets != nil) && !histogram {
		b.fault(at, "must have quantile and buckets only with latency")
	}
	if !histogram {
		return
	}
	e.Quantile, e.Bounds = 0.95, prometheus.DefaultBuckets
	if m.Quantile != nil {
		e.Quantile = float64(*m.Quantile)
	}
	if m.Buckets == nil {
		return
	}
	e.Bounds = nil
	for i, bound := range m.Buckets {
		e.Bounds = append(e.Bounds, time.Duration(bound).Seconds())
		if i > 0 && e.Bounds[i] <= e.Bounds[i-1] || e.Bounds[i] <= 0 {
			b.fault(fmt.Sprintf("%s.buckets[%d]", at, i), "must be positive and above the one before, got %s",
				time.Duration(bound))
		}
	}
	if len(e.Bounds) == 0 {
		b.fault(at+".buckets", "must have at least one bound")
	}
}
