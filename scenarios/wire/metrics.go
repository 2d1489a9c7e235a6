package wire

// Prometheus and PrometheusAdapter are the way of custom and external metrics
// to the autoscalers.
type (
	PrometheusServer struct {
		ScrapeInterval *Duration `yaml:"scrape_interval" doc:"15s when left out, as in the configuration shipped with Prometheus"`
	}
	PrometheusAdapter struct {
		RelistInterval *Duration `yaml:"metrics-relist-interval" doc:"how often the adapter looks for new metrics; 1m when left out, as in its manifests"`
	}
)

// Metric is a custom or external metric; exactly one of pods, service,
// queue, series, value is given.
type Metric struct {
	Name      string            `yaml:"name" required:"true" doc:"name of the metric, as autoscalers ask for it"`
	Namespace string            `yaml:"namespace" doc:"default when left out"`
	Object    string            `yaml:"object" doc:"Kind/name that a metric of type Object is of; whatever is asked for when left out"`
	Labels    map[string]string `yaml:"labels" doc:"labels of its series as an external metric, for the selectors of autoscalers"`
	Pods      string            `yaml:"pods" doc:"measured at the pods of Kind/name: a metric of each pod, and in total"`
	Service   string            `yaml:"service" doc:"measured in front of a Service, namespace/name, as an ingress does: also what finds no pod"`
	Queue     string            `yaml:"queue" doc:"measured at one of queues"`
	Of        string            `yaml:"of" doc:"of pods: inFlight, queued, requests, latency, sessions, cpuThrottled, modelRunning, modelWaiting, kvCacheUsage; of a Service: inFlight, requests, latency; of a queue: messages, unacknowledged"`
	Rate      *Duration         `yaml:"rate" doc:"with requests, latency and cpuThrottled: the window of rate(); 2m when left out"`
	Quantile  *Share            `yaml:"quantile" doc:"with latency: histogram_quantile(), in seconds; 95% when left out"`
	Buckets   []Duration        `yaml:"buckets" doc:"with latency: upper bounds of the histogram; those of Prometheus' client libraries, 5ms to 10s, when left out"`
	Total     string            `yaml:"total" doc:"of several pods: sum (the default; of kvCacheUsage avg), avg, max, or single: KEDA gets no value while there are several"`
	Scrape    *Duration         `yaml:"scrape_interval" doc:"that of cluster.prometheus when left out"`
	Series    *MetricSeries     `yaml:"series" doc:"measured values: a file, or its path"`
	Value     *Quantity         `yaml:"value" doc:"a value that stays; setMetric changes it"`
}

// MetricSeries is an answer of Prometheus' range queries.
type MetricSeries struct {
	File        string `yaml:"file" required:"true" doc:"JSON of /api/v1/query_range, of one series; time 0 is its first sample, its last one holds on"`
	Interpolate string `yaml:"interpolate" doc:"step (the default): the same until the next sample; linear: along a line to it"`
	Gaps        string `yaml:"gaps" doc:"NaN, or no sample for over one and a half steps: absent (the default): the metric has no value then; or bridge"`
}
