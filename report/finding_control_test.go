package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/explain"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// controlRules are the rules that the tests of this file cover.
var controlRules = []string{
	"autoscaler-target-unreachable", "replicas-reset", "budget-dead-end", "budgets-overlap", "selectors-overlap",
	"service-of-several-workloads", "progress-deadline-too-short", "probe-budget-tight",
}

// foundBy runs one replication and returns what a rule finds.
func foundBy(t *testing.T, rule string, change func(*record.Run), tell func(*tape)) []result.Finding {
	t.Helper()
	tp := &tape{}
	run := agentRun(1)
	if change != nil {
		change(&run)
	}
	tp.add(run)
	if tell != nil {
		tell(tp)
	}
	tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	var found []result.Finding
	for _, f := range tp.build(t).Findings {
		if f.Rule == rule {
			found = append(found, f)
		}
	}
	return found
}

func only(t *testing.T, found []result.Finding) string {
	t.Helper()
	require.Len(t, found, 1)
	return fmt.Sprintf("%s: %s %s", found[0].Object, found[0].What, found[0].Change)
}

// asks is a sync at a size whose one metric is so many times the target.
func asks(tp *tape, minute int, current, desired int32, ratio float64, limit string) {
	tp.add(record.Autoscaled{At: tp.at(time.Duration(minute) * time.Minute), HPA: agentHPA, Workload: agent,
		Current: current, Desired: desired,
		Recommended: int32(float64(current)*ratio + 0.5), Stabilized: int32(float64(current)*ratio + 0.5),
		Rescaled: current != desired, Reason: "pods metric p95 above target", Limit: limit,
		Metrics: []record.AutoscaleMetric{{Name: "pods metric p95(nil)", Ratio: ratio}}})
}

func TestFindsATargetThatNoSizeReaches(t *testing.T) {
	deaf := func(ratios ...float64) func(*tape) {
		return func(tp *tape) {
			sizes := []int32{2, 4, 8, 10, 10}
			for i, r := range ratios {
				limit := ""
				if sizes[i+1] == 10 {
					limit = "TooManyReplicas"
				}
				asks(tp, i, sizes[i], sizes[i+1], r, limit)
			}
		}
	}
	text := only(t, foundBy(t, "autoscaler-target-unreachable", nil, deaf(2, 1.95, 2.05, 2)))
	assert.Contains(t, text,
		"HorizontalPodAutoscaler ai-agents/ai-agent: pods metric p95 is 2.0 times the target with 2 replicas of Deployment ai-agents/ai-agent and still 2.0 times with 10")
	assert.Empty(t, foundBy(t, "autoscaler-target-unreachable", nil, deaf(5, 2.5, 1.3, 1.2)),
		"a metric that falls with the size answers")
	assert.Empty(t, foundBy(t, "autoscaler-target-unreachable", nil, deaf(2, 2)), "maxReplicas was not reached")
}

func TestFindsReplicasThatAnApplyResets(t *testing.T) {
	told := func(tp *tape) {
		tp.add(record.Autoscaled{At: tp.at(0), HPA: agentHPA, Workload: agent, Current: 3, Desired: 8, Rescaled: true,
			Reason: "cpu above target"},
			record.Scaled{At: tp.at(0), Workload: agent, From: 3, To: 8, By: "hpa"},
			record.Scaled{At: tp.at(30 * time.Minute), Workload: agent, From: 8, To: 3, By: "timeline"},
			record.Scaled{At: tp.at(31 * time.Minute), Workload: agent, From: 3, To: 6, By: "hpa"})
	}
	text := only(t, foundBy(t, "replicas-reset", nil, told))
	assert.Contains(t, text,
		"Deployment ai-agents/ai-agent: HorizontalPodAutoscaler ai-agents/ai-agent scales it, but at 30m00s the timeline set spec.replicas from 8 to 3, and at 31m00s the autoscaler wrote 6 again.")
	assert.Contains(t, text, "Leave spec.replicas out of the manifests")
	assert.Empty(t, foundBy(t, "replicas-reset", nil, func(tp *tape) {
		tp.add(record.Scaled{At: tp.at(time.Minute), Workload: agent, From: 3, To: 5, By: "timeline"})
	}), "without an autoscaler a scale is a scale")
}

func TestFindsBudgetsThatCanNeverAllow(t *testing.T) {
	budget := func(expected, allows int32) func(*record.Run) {
		return func(r *record.Run) {
			r.Budgets = []record.DisruptionBudget{
				{Key: "ai-agents/ai-agent", Rule: record.BudgetRule{Field: "minAvailable", Bound: "3"}, Workloads: []string{agent},
					Expected: expected, Allows: allows}}
		}
	}
	text := only(t, foundBy(t, "budget-dead-end", budget(3, 0), nil))
	assert.Contains(t, text,
		"PodDisruptionBudget ai-agents/ai-agent: with minAvailable 3 of 3 pods it never allows an eviction")
	assert.Contains(t, only(t, foundBy(t, "budget-dead-end", budget(1, 0), nil)), "Run two replicas")
	assert.Empty(t, foundBy(t, "budget-dead-end", budget(4, 1), nil))
	assert.Empty(t, foundBy(t, "budget-dead-end", budget(0, 0), nil), "it selects nothing")
	assert.Empty(t, foundBy(t, "budget-dead-end", budget(3, 0), func(tp *tape) {
		tp.add(record.EvictionRefused{At: tp.at(time.Minute), Pod: "ai-agents/x", Budget: "ai-agents/ai-agent", Healthy: 3,
			Desired: 3, Expected: 3})
	}), "a drain that met it says so")
}

// What helps depends on the field that the budget sets, before a drain meets it
// and after.
func TestAdvisesOnBudgetsByTheFieldThatIsSet(t *testing.T) {
	const toOne = "Set maxUnavailable to 1."
	for _, c := range []struct {
		rule     string
		expected int32
		change   string
	}{
		{"maxUnavailable 0", 3, toOne},
		{"maxUnavailable 0%", 3, toOne},
		{"maxUnavailable 0", 1, toOne},
		{"minAvailable 3", 3, "Set minAvailable below the number of replicas, or run more replicas than minAvailable."},
		{"minAvailable 100%", 3,
			"Set maxUnavailable to 1 in place of minAvailable, whose percentage is rounded up to whole pods."},
	} {
		t.Run(fmt.Sprintf("%s of %d", c.rule, c.expected), func(t *testing.T) {
			budget := func(r *record.Run) {
				r.Budgets = []record.DisruptionBudget{{Key: "ai-agents/ai-agent", Rule: ruleOf(c.rule), Workloads: []string{agent},
					Expected: c.expected}}
			}
			before := foundBy(t, "budget-dead-end", budget, nil)
			met := foundBy(t, "budget-allows-nothing", budget, func(tp *tape) {
				tp.add(record.EvictionRefused{At: tp.at(time.Minute), Pod: "ai-agents/x", Budget: "ai-agents/ai-agent",
					Healthy: c.expected, Desired: c.expected, Expected: c.expected})
			})
			for _, found := range [][]result.Finding{before, met} {
				require.Len(t, found, 1)
				assert.Equal(t, c.change, found[0].Change)
			}
		})
	}
}

func TestFindsBudgetsThatOverlap(t *testing.T) {
	two := func(r *record.Run) {
		r.Budgets = []record.DisruptionBudget{{Key: "ai-agents/a", Workloads: []string{agent}, Expected: 3, Allows: 1},
			{Key: "ai-agents/b", Workloads: []string{agent}, Expected: 3, Allows: 1}}
	}
	text := only(t, foundBy(t, "budgets-overlap", two, func(tp *tape) {
		tp.add(record.EvictionRefused{At: tp.at(time.Minute), Pod: "ai-agents/x", Budget: "ai-agents/a",
			Others: []string{"ai-agents/b"}, Message: "more than one"})
	}))
	assert.Contains(t, text,
		"PodDisruptionBudget ai-agents/a: it and PodDisruptionBudget ai-agents/b both select the pods of Deployment ai-agents/ai-agent: every eviction of them ends with error 500")
}

func TestFindsSelectorsThatOverlap(t *testing.T) {
	text := only(t, foundBy(t, "selectors-overlap",
		func(r *record.Run) { r.Workloads[0].AlsoSelects = []string{"ai-agents/Deployment/other"} }, nil))
	assert.Contains(t, text,
		"Deployment ai-agents/ai-agent: its spec.selector matches the pods of Deployment ai-agents/other, too")

	mixed := func(image string) func(*record.Run) {
		return func(r *record.Run) {
			other := r.Workloads[0]
			other.Key = "ai-agents/Deployment/cache"
			other.Containers = []record.Container{{Name: "c", Image: image}}
			r.Workloads = append(r.Workloads, other)
			r.Services[0].Workloads = []string{agent, other.Key}
		}
	}
	text = only(t, foundBy(t, "service-of-several-workloads", mixed("redis:8"), nil))
	assert.Contains(t, text,
		"Service ai-agents/ai-agent-svc: its selector matches the pods of Deployment ai-agents/ai-agent and Deployment ai-agents/cache, whose images differ (myregistry/ai-agent, redis)")
	assert.Empty(t, foundBy(t, "service-of-several-workloads", mixed("myregistry/ai-agent:2"), nil),
		"a canary of the same image is meant")
}

func TestFindsAProgressDeadlineThatIsTooShort(t *testing.T) {
	told := func(complete bool) func(*tape) {
		return func(tp *tape) {
			tp.add(record.Rollout{At: tp.at(0), Workload: agent, Phase: "started", Revision: firstHash,
				Images: []string{"myregistry/ai-agent:1.0.0"}},
				record.Rollout{At: tp.at(10 * time.Minute), Workload: agent, Phase: "stalled", Revision: firstHash})
			if complete {
				tp.add(record.Rollout{At: tp.at(14 * time.Minute), Workload: agent, Phase: "complete", Revision: firstHash})
			}
		}
	}
	text := only(t, foundBy(t, "progress-deadline-too-short", nil, told(true)))
	assert.Contains(t, text,
		"the first rollout was told to have exceeded its progress deadline at 10m00s, but was complete at 14m00s")
	assert.Contains(t, text, "here 14m from the start to the end")
	assert.Empty(t, foundBy(t, "progress-deadline-too-short", nil, told(false)), "one that stays stuck is another finding")
}

func TestFindsAProbeBudgetThatIsTight(t *testing.T) {
	start := func(took time.Duration) []result.Finding {
		return foundBy(t, "probe-budget-tight", func(r *record.Run) {
			r.Workloads[0].Containers[0].StartBudget, r.Workloads[0].Containers[0].StartProbe = sim.Time(100*time.Second),
				"liveness"
		}, func(tp *tape) { tp.podUp("ai-agents/x", agent, firstHash, "cpu-1", 0, took, true) })
	}
	assert.Contains(t, only(t, start(90*time.Second)),
		"container agent takes up to 90s to listen, and its liveness probe kills it after 1m40s")
	assert.Empty(t, start(50*time.Second))
}

// The object to change of a maximum that KEDA wrote is the ScaledObject.
func TestAMaximumOfKEDA(t *testing.T) {
	text := only(t, foundBy(t, "autoscaler-at-maximum", nil, func(tp *tape) {
		tp.add(record.Activation{At: tp.at(0), ScaledObject: "ai-agents/jobs", Workload: agent, To: 1, Active: true,
			Reason: "triggered by s0-redis-jobs"},
			record.Autoscaled{At: tp.at(time.Minute), HPA: "ai-agents/keda-hpa-jobs", Workload: agent, Current: 5, Desired: 5,
				Recommended: 9, Reason: "ValidMetricFound, TooManyReplicas"})
	}))
	assert.Contains(t, text, "ScaledObject ai-agents/jobs: ")
	assert.Contains(t, text, "Set maxReplicaCount to 9")
}

// Why each pod went is told with who it was.
func TestExplainsWhoDeletedAPod(t *testing.T) {
	for want, told := range map[string][]record.Record{
		"deleted at 20m00s: preempted by Pod ai-agents/vip, whose priority is 100 against 0": {
			record.PodDeleting{Pod: "ai-agents/x", Reason: "preempted",
				By: "Pod ai-agents/vip, whose priority is 100 against 0"}},
		"deleted at 20m00s: evicted by drain of node cpu-1": {
			record.PodDeleting{Pod: "ai-agents/x", Reason: "evicted", By: "drain of node cpu-1"}},
		"deleted at 20m00s: scaled down by the rollout to 1.1.0, begun at 20m00s": {
			record.Rollout{Workload: agent, Phase: "started", Revision: "new", Images: []string{"myregistry/ai-agent:1.1.0"}},
			record.PodDeleting{Pod: "ai-agents/x", Reason: "scale-down"}},
		"deleted at 20m00s: scaled down by the HorizontalPodAutoscaler, which scaled from 3 to 2 at 20m00s": {
			record.Scaled{Workload: agent, From: 3, To: 2, By: "hpa"},
			record.PodDeleting{Pod: "ai-agents/x", Reason: "scale-down"}},
		"deleted at 20m00s: its node had a NoExecute taint that it did not tolerate any longer": {
			record.PodDeleting{Pod: "ai-agents/x", Reason: "tainted"}},
		"Evicted: The node was low on resource: memory.": {
			record.PodEvicted{Pod: "ai-agents/x", Node: "cpu-1", Message: "The node was low on resource: memory."}},
	} {
		tp := &tape{}
		tp.add(agentRun(1), record.Rollout{At: tp.at(0), Workload: agent, Phase: "started", Revision: firstHash,
			Images: []string{"myregistry/ai-agent:1.0.0"}})
		tp.podUp("ai-agents/x", agent, firstHash, "cpu-1", 0, 4*time.Second, true)
		for _, r := range told {
			tp.add(stamped(r, tp.at(20*time.Minute)))
		}
		tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
		var out strings.Builder
		require.NoError(t, explain.Explain(&out, tp.build(t), "Pod/x", words.TextOptions{Width: 400}))
		assert.Contains(t, out.String(), want)
	}
}

// stamped gives a record its place.
func stamped(r record.Record, at record.At) record.Record {
	switch r := r.(type) {
	case record.PodDeleting:
		r.At = at
		return r
	case record.PodEvicted:
		r.At = at
		return r
	case record.Rollout:
		r.At = at
		return r
	case record.Scaled:
		r.At = at
		return r
	}
	return r
}
