package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// rule looks for one kind of weakness. Rules see what all replications left,
// name the object to change, and say nothing where nothing happened.
type rule struct {
	name     string
	severity string
	find     func(*facts) []result.Finding
}

// Severities of findings.
const (
	severityError   = "error"
	severityWarning = "warning"
)

// rules in the order of their findings: what was meant to be done and was not
// comes first, what keeps pods from running before what makes them fail.
var rules = []rule{
	{"step-failed", severityError, findFailedSteps},
	{"config-error", severityError, findConfigErrors},
	{"creation-refused", severityError, findRefused},
	{"unschedulable", severityError, findUnschedulable},
	{"volume-held-elsewhere", severityError, findHeldVolumes},
	{"daemon-pod-without-room", severityError, findDaemonsWithoutRoom},
	{"job-failed", severityError, findFailedJobs},
	{"job-kept-alive", severityError, findKeptAlive},
	{"job-unfinished", severityWarning, findUnfinishedJobs},
	{"cronjob-skipped", severityWarning, findSkippedRuns},
	{"cronjob-replaced", severityWarning, findReplacedRuns},
	{"rollout-without-room", severityError, findRolloutsWithoutRoom},
	{"rollout-paused", severityError, findPausedRollouts},
	{"rollout-not-ready", severityError, findRolloutsNotReady},
	{"rollback-blocked", severityError, findBlockedRollbacks},
	{"probe-kills-start", severityError, findProbeKills},
	{"probe-kills-serving", severityError, findProbeKillsServing},
	{"hook-kills-start", severityError, findHookKills},
	{"crash", severityError, findCrashes},
	{"oom-kill", severityError, findOOMKills},
	{"node-out-of-memory", severityError, findShortages},
	{"gpu-out-of-memory", severityError, findGPUShortages},
	{"storage-limit", severityError, findStorageLimits},
	{"node-out-of-disk", severityError, findFullDisks},
	{"no-readiness-probe", severityError, findMissingReadiness},
	{"traffic-after-sigterm", severityError, findTrafficAfterTerm},
	{"requests-lost-at-termination", severityError, findLostAtTermination},
	{"prestop-hook-cut", severityWarning, findCutHooks},
	{"messages-cut", severityWarning, findCutMessages},
	{"preempted", severityWarning, findPreempted},
	{"no-endpoint", severityError, findNoEndpoint},
	{"no-such-host", severityError, findNoHost},
	{"kv-cache-full", severityWarning, findFullCaches},
	{"retry-storm", severityError, findRetryStorms},
	{"sessions-wander", severityWarning, findWanderingSessions},
	{"external-refuses", severityError, findRefusingExternals},
	{"overload", severityWarning, findOverload},
	{"cpu-throttled", severityWarning, findThrottling},
	{"stranded-on-failed-node", severityError, findStranded},
	{"slow-failover", severityWarning, findSlowFailovers},
	{"budget-allows-nothing", severityError, findBudgetsThatAllowNothing},
	{"drain-incomplete", severityError, findIncompleteDrains},
	{"budget-dead-end", severityWarning, findBudgetDeadEnds},
	{"budget-selects-nothing", severityWarning, findIdleBudgets},
	{"budgets-overlap", severityError, findOverlappingBudgets},
	{"autoscaler-blind", severityError, findBlindAutoscalers},
	{"autoscaler-target-unreachable", severityWarning, findDeafMetrics},
	{"replicas-reset", severityWarning, findResetReplicas},
	{"creation-delayed", severityWarning, findDelayed},
	{"autoscaler-at-maximum", severityWarning, findAutoscalersAtMaximum},
	{"progress-deadline-too-short", severityWarning, findShortDeadlines},
	{"probe-budget-tight", severityWarning, findTightProbes},
	{"selectors-overlap", severityError, findOverlappingSelectors},
	{"service-of-several-workloads", severityWarning, findMixedServices},
	{"skew-left-by-rollout", severityWarning, findSkewLeft},
	{"surge-without-room", severityWarning, findSurgeWithoutRoom},
	{"init-container-decides", severityWarning, findDecidingInit},
	{"memory-near-limit", severityWarning, findMemoryNearLimit},
	{"traffic-before-ready", severityWarning, findTrafficBeforeReady},
}

// Names are the names of all rules, as findings bear them.
func Names() []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.name
	}
	return names
}

// Rule is one of an extension, about a kind that this package does not know.
type Rule struct {
	// Name is what its findings bear, Severity error for what went wrong in the run
	// and warning for what could.
	Name, Severity string
	// Find looks at what all replications left, and at the result as far as it is
	// computed, which it must not change. The name and the severity of its findings
	// are filled in.
	Find func(*fold.Facts, *result.Result) []result.Finding
}

// Check reports a name that another rule has, or a severity that there is not.
func (r Rule) Check() error {
	switch {
	case slices.Contains(Names(), r.Name):
		return fmt.Errorf("rule %q: must have a name that no other rule has", r.Name)
	case r.Severity != severityError && r.Severity != severityWarning:
		return fmt.Errorf("rule %q: severity: must be error or warning, got %q", r.Name, r.Severity)
	}
	return nil
}

// facts are the input of the rules.
type facts struct {
	*fold.Facts
	result    *result.Result
	workloads []string // keys, in order
}

// All applies every rule, and then more of them.
func All(of *fold.Facts, r *result.Result, more []Rule) []result.Finding {
	findings, all := []result.Finding{}, &facts{of, r, slices.Sorted(maps.Keys(of.Totals.Workloads))}
	for _, rule := range rules {
		for _, f := range rule.find(all) {
			f.Rule, f.Severity = rule.name, rule.severity
			if f.DependsOn = all.dependsOn(rule.name, f, findings); len(f.DependsOn) > 0 {
				f.Severity = severityQuestion
			}
			findings = append(findings, f)
		}
	}
	for _, rule := range more {
		for _, f := range rule.Find(of, r) {
			f.Rule, f.Severity = rule.Name, rule.Severity
			findings = append(findings, f)
		}
	}
	return findings
}

// Silence takes the findings out that somebody wants not to hear of. The first wish that
// hides one has it.
func Silence(findings []result.Finding, wishes []record.Silence) (left []result.Finding, hidden []result.Silenced) {
	for _, w := range wishes {
		hidden = append(hidden, result.Silenced{Silence: w, Findings: []result.Finding{}})
	}
	left = []result.Finding{}
	for _, f := range findings {
		i := slices.IndexFunc(wishes, func(w record.Silence) bool { return w.Hides(f.Rule, f.Object) })
		if i < 0 {
			left = append(left, f)
			continue
		}
		hidden[i].Findings = append(hidden[i].Findings, f)
	}
	return left, hidden
}

// eachWorkload calls find for every workload in order of the keys.
func (f *facts) eachWorkload(find func(key string, w *fold.WorkloadTotals) []result.Finding) []result.Finding {
	var all []result.Finding
	for _, key := range f.workloads {
		for _, finding := range find(key, f.Totals.Workloads[key]) {
			if finding.Object == "" {
				finding.Object = record.ParseKey(key).Object()
			}
			all = append(all, finding)
		}
	}
	return all
}

// eachService is the same for Services.
func (f *facts) eachService(find func(key string, s *fold.ServiceTotals) []result.Finding) []result.Finding {
	var all []result.Finding
	for _, key := range slices.Sorted(maps.Keys(f.Totals.Services)) {
		for _, finding := range find(key, f.Totals.Services[key]) {
			finding.Object = "Service " + key
			if f.Totals.Services[key].External {
				finding.Object = "External " + strings.TrimPrefix(key, "external/")
			}
			all = append(all, finding)
		}
	}
	return all
}

// inRuns says in how many replications, when there are several.
func (f *facts) inRuns(runs int) string {
	if f.Totals.Replications == 1 {
		return ""
	}
	return fmt.Sprintf(" in %d of %d replications", runs, f.Totals.Replications)
}

// poolOf is the pool of a node.
func (f *facts) poolOf(node string) string {
	for _, n := range f.Run.Nodes {
		if n.Name == node {
			return n.Pool
		}
	}
	return ""
}
