package record

import "strings"

// Expectation is a bound on a metric of the result. Exactly one of AtLeast,
// AtMost and Equals is given, in the metric's unit.
type Expectation struct {
	// Metric is a name of Metrics.
	Metric string `json:"metric"`
	// Of is the object it is about, in the form the metric's Of says; empty
	// takes every such object.
	Of      string   `json:"of,omitempty"`
	AtLeast *float64 `json:"atLeast,omitempty"`
	AtMost  *float64 `json:"atMost,omitempty"`
	Equals  *float64 `json:"equals,omitempty"`
	// Across says which replications must meet it: all of them ("every",
	// the default) or their mean ("mean").
	Across string `json:"across,omitempty"`
	// Source is file:line of the expectation.
	Source string `json:"source,omitempty"`
}

// Metric describes something an expectation can bound.
type Metric struct {
	Name string
	// Of is what the metric is about: "" for the run, or service, workload,
	// pool.
	Of string
	// Unit is ratio, seconds, count, bytes or usd.
	Unit string
	Help string
}

// Metrics lists what an expectation can bound, in the order of the docs.
var Metrics = []Metric{
	{"service.availability", "service", "ratio", "requests that ended well, of all that ended"},
	{"service.failed", "service", "count", "requests that failed"},
	{"service.failed.no-endpoint", "service", "count", "requests that found no ready endpoint"},
	{"service.failed.no-such-host", "service", "count", "requests to a Service that was not there"},
	{"service.failed.connection-refused", "service", "count", "requests whose pod did not listen"},
	{"service.failed.killed-in-flight", "service", "count", "requests lost with their container"},
	{"service.failed.queue-full", "service", "count", "requests that a full queue refused"},
	{"service.failed.timeout", "service", "count", "requests whose client gave up"},
	{"service.failed.dependency-failed", "service", "count", "requests that failed with a call they made"},
	{"service.failed.too-long", "service", "count", "requests with more tokens than the model takes"},
	{"service.failed.unavailable", "service", "count", "calls out of the cluster in an outage"},
	{"service.failed.rate-limited", "service", "count", "calls out of the cluster over its rate limit"},
	{"service.failed.error", "service", "count", "calls out of the cluster answered with an error"},
	{"service.failed.canceled", "service", "count", "calls whose caller died"},
	{"service.late", "service", "count", "requests answered well, but later than the traffic's slo"},
	{"service.goodput", "service", "ratio", "requests that ended well and in time, of all that ended"},
	{"service.retries", "service", "ratio", "attempts after the first, of all requests"},
	{"service.sessions.lost", "service", "count", "times that a request came to a container without its session's state"},
	{"service.turns.failed", "service", "count", "turns of sessions that failed"},
	{"service.errorBudget.spent", "service", "ratio",
		"failures and late answers, of those that the objective allows; 99.9 % are to end well when nobody says it"},
	{"service.downtime", "service", "seconds", "time in outages, in which requests failed and none ended well"},
	{"service.downtime.rollout", "service", "seconds", "the part of it that came of an update of its pods"},
	{"service.downtime.drain", "service", "seconds", "the part of it that came of evictions, as by kubectl drain"},
	{"service.downtime.oom", "service", "seconds", "the part of it that came of lack of memory"},
	{"service.downtime.machine", "service", "seconds", "the part of it that came of machines that failed or went"},
	{"service.downtime.scale-down", "service", "seconds", "the part of it that came of fewer replicas"},
	{"service.downtime.other", "service", "seconds", "the part of it that came of nothing of these"},
	{"service.latency.p50", "service", "seconds", "median time in system of good requests"},
	{"service.latency.p95", "service", "seconds", "95th percentile of it"},
	{"service.latency.p99", "service", "seconds", "99th percentile of it"},
	{"service.firstToken.p50", "service", "seconds", "median time to the first token of a model's answers"},
	{"service.firstToken.p95", "service", "seconds", "95th percentile of it"},
	{"service.firstToken.p99", "service", "seconds", "99th percentile of it"},
	{"service.perToken.p50", "service", "seconds", "median time between tokens of an answer"},
	{"service.perToken.p95", "service", "seconds", "95th percentile of it"},
	{"service.perToken.p99", "service", "seconds", "99th percentile of it"},
	{"service.outage.longest", "service", "seconds", "longest stretch in which requests failed and none ended well"},
	{"service.endpoints.min", "service", "count", "fewest ready endpoints after the first were ready"},
	{"workload.ready.min", "workload", "count", "fewest ready pods after all were ready once"},
	{"workload.rollout.duration", "workload", "seconds",
		"longest rollout after the first, until complete; unfinished ones count as infinite"},
	{"workload.rollout.unfinished", "workload", "count", "rollouts that did not complete"},
	{"workload.rollout.skew", "workload", "count", "largest difference in pods between topology domains after a rollout but the first, by a topologySpreadConstraint"},
	{"workload.oom.kills", "workload", "count", "containers killed at their memory limit"},
	{"workload.oom.system", "workload", "count", "containers killed because their node had no memory left"},
	{"workload.oom.gpu", "workload", "count", "containers that exited because their GPU had too little memory left"},
	{"workload.evicted", "workload", "count", "pods evicted because their node was short of memory or disk, or for a limit of their storage"},
	{"workload.restarts", "workload", "count", "container restarts"},
	{"workload.memory.p99", "workload", "ratio", "99th percentile over time of the working set, of the limit"},
	{"workload.cpu.throttled", "workload", "ratio",
		"CPU quota periods in which containers were throttled, of those with work to do"},
	{"workload.model.preemptions", "workload", "count", "requests that a model server began again for lack of KV cache"},
	{"workload.model.cache.peak", "workload", "ratio", "largest part of a KV cache in use"},
	{"workload.refused", "workload", "count", "pods and claims that the API server refused, each try counted"},
	{"workload.headroom", "workload", "count", "replicas that would still fit at the end"},
	{"job.duration", "workload", "seconds",
		"longest run of a Job from its start until complete; one that fails or is not over counts as infinite, but for the last ones of a CronJob"},
	{"job.failed", "workload", "count", "runs of a Job that failed"},
	{"job.succeeded", "workload", "count", "pods of a Job that ended well, of an Indexed Job indexes"},
	{"job.pods.failed", "workload", "count", "pods that count as failed"},
	{"cronjob.started", "workload", "count", "Jobs that a CronJob has made"},
	{"cronjob.skipped", "workload", "count",
		"times of a CronJob's schedule for which there was no Job: the one before still ran, or it was too late"},
	{"cronjob.replaced", "workload", "count", "Jobs that were deleted because the next one was due"},
	{"cronjob.delay", "workload", "seconds", "longest time from when a Job was due until it was made"},
	{"pods.pending", "", "count", "pods not scheduled at the end"},
	{"pods.pending.longest", "", "seconds", "longest time a pod waited for a node"},
	{"steps.failed", "", "count", "steps that the API server or kubectl refused, drains that gave up or go on at the end"},
	{"oom.kills", "", "count", "containers killed at their memory limit"},
	{"cost.usdPerHour", "", "usd", "what the machines cost an hour, on average over the run, where prices are known"},
	{"pool.requested.cpu", "pool", "ratio", "CPU requested at the peak, of allocatable"},
	{"pool.requested.memory", "pool", "ratio", "memory requested at the peak, of allocatable"},
	{"pool.requested.gpu", "pool", "ratio", "GPUs requested at the peak, of allocatable"},
}

// Fits reports whether a metric of workloads is one of those of a kind.
func (m Metric) Fits(kind string) bool {
	switch {
	case strings.HasPrefix(m.Name, "job."):
		return kind == "Job" || kind == "CronJob"
	case strings.HasPrefix(m.Name, "cronjob."):
		return kind == "CronJob"
	}
	return true
}

// IsShare reports whether a metric is a part of something, which is from 0 to 1.
func (m Metric) IsShare() bool {
	return m.Unit == "ratio" && m.Name != "service.retries" && m.Name != "service.errorBudget.spent"
}

// FindMetric returns the metric of a name.
func FindMetric(name string) (Metric, bool) {
	for _, m := range Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}
