package metrics

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
)

// Monitoring is the way of custom and external metrics to the autoscaler: an
// adapter asks Prometheus at the instant of the question, and knows a metric
// from the first relist on that finds a series of it.
type Monitoring struct {
	// ScrapeInterval is Prometheus' scrape_interval, for metrics that have none of
	// their own.
	ScrapeInterval time.Duration
	// RelistInterval is the adapter's --metrics-relist-interval.
	RelistInterval time.Duration
}

// DefaultMonitoring is what the configuration shipped with Prometheus has
// (documentation/examples/prometheus.yml; the program's own default is 1m) and
// prometheus-adapter's manifests (deploy/manifests/deployment.yaml).
func DefaultMonitoring() Monitoring {
	return Monitoring{ScrapeInterval: 15 * time.Second, RelistInterval: time.Minute}
}

// Metric is a custom or external metric that has its values from the
// simulation, or over time from a file. Several may have one name: of different
// pods, objects or labels.
type Metric struct {
	Namespace, Name string
	// Object is what a metric of type Object is of; empty is whatever is asked
	// for.
	Object apiserver.Ref
	// Labels are those of its series as an external metric.
	Labels labels.Set
	// Source is where its values come from: Exposed or Given.
	Source MetricSource
}

// MetricSource is where values come from.
type MetricSource interface{ isMetricSource() }

// Exposed is measured: Prometheus scrapes it from each pod of a workload, from
// what stands in front of a Service, or from a message queue. Exactly one of the
// three is given, as the key of records.
type Exposed struct {
	Workload, Service, Queue string
	Of                       Measure
	// Scrape is the interval; 0 is Monitoring's.
	Scrape time.Duration
	// Window is that of rate(), for Requests, Latency and CPUThrottled.
	Window time.Duration
	// Quantile and Bounds are of Latency's histogram.
	Quantile float64
	Bounds   []float64
	// Total makes one value of those of several pods.
	Total Aggregation
}

// Given is a value over time. It is known from the start.
type Given struct{ Values Values }

// Values is a value over time; known is false in a gap.
type Values interface {
	At(t sim.Time) (value float64, known bool)
}

func (Exposed) isMetricSource() {}
func (Given) isMetricSource()   {}

// Measure is what is exposed.
type Measure string

const (
	// InFlight is the number of requests that are waiting or in service.
	InFlight Measure = "inFlight"
	// Queued is the number of requests that wait in the containers for service.
	Queued Measure = "queued"
	// Requests is a counter of requests that have ended; a rate is asked for.
	Requests Measure = "requests"
	// Latency is a histogram of the seconds that requests take; a quantile is
	// asked for.
	Latency Measure = "latency"
	// CPUThrottled is cAdvisor's container_cpu_cfs_throttled_seconds_total, a
	// counter of the seconds that containers stood still at their CPU limit; a
	// rate is asked for.
	CPUThrottled Measure = "cpuThrottled"
	// Sessions is the number of sessions that containers hold.
	Sessions Measure = "sessions"
	// ModelRunning, ModelWaiting and KVCacheUsage are vLLM's
	// vllm:num_requests_running, vllm:num_requests_waiting and
	// vllm:kv_cache_usage_perc.
	ModelRunning Measure = "modelRunning"
	ModelWaiting Measure = "modelWaiting"
	KVCacheUsage Measure = "kvCacheUsage"
	// Messages are those in a queue that no pod works on, Unacknowledged those
	// that pods work on.
	Messages       Measure = "messages"
	Unacknowledged Measure = "unacknowledged"
)

// Aggregation is an operator of PromQL.
type Aggregation string

const (
	Sum Aggregation = "sum"
	Avg Aggregation = "avg"
	Max Aggregation = "max"
	// Single is a query without an operator: KEDA takes no answer of several series.
	Single Aggregation = "single"
)
