package record

// Rules are the names of what findings are about, in the order in which they are told.
var Rules = []string{
	"step-failed", "config-error", "creation-refused", "unschedulable", "volume-held-elsewhere",
	"daemon-pod-without-room", "job-failed",
	"job-kept-alive", "job-unfinished", "cronjob-skipped", "cronjob-replaced", "rollout-without-room",
	"rollout-paused", "rollout-not-ready", "rollback-blocked", "probe-kills-start", "probe-kills-serving",
	"hook-kills-start", "crash", "oom-kill", "node-out-of-memory", "gpu-out-of-memory", "storage-limit", "node-out-of-disk", "no-readiness-probe",
	"traffic-after-sigterm",
	"requests-lost-at-termination", "prestop-hook-cut", "messages-cut", "preempted", "no-endpoint", "no-such-host", "kv-cache-full", "retry-storm",
	"sessions-wander", "external-refuses", "overload", "cpu-throttled", "stranded-on-failed-node",
	"slow-failover", "budget-allows-nothing", "drain-incomplete", "budget-dead-end", "budget-selects-nothing",
	"budgets-overlap", "autoscaler-blind", "autoscaler-target-unreachable", "replicas-reset", "creation-delayed",
	"autoscaler-at-maximum", "progress-deadline-too-short", "probe-budget-tight", "selectors-overlap",
	"service-of-several-workloads", "skew-left-by-rollout", "surge-without-room", "init-container-decides", "memory-near-limit",
	"traffic-before-ready",
}

// Silence is a wish not to hear of findings: those of a Rule about an Object, which is
// "Kind namespace/name", or "" for all.
type Silence struct {
	Rule    string `json:"rule"`
	Object  string `json:"object,omitempty"`
	Because string `json:"because,omitempty"`
	Source  string `json:"source"` // file:line
}

// Hides reports whether a finding is one of them.
func (s Silence) Hides(rule, object string) bool {
	return s.Rule == rule && (s.Object == "" || s.Object == object)
}
