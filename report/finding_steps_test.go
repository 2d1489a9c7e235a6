package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// stepRules are the rules that the tests of this file cover.
var stepRules = []string{"step-failed", "drain-incomplete", "budget-selects-nothing"}

func failedStep(tp *tape, minute, index int, text, object, err string) record.Step {
	return record.Step{At: tp.at(time.Duration(minute) * time.Minute), Text: text, Objects: []string{object}, Error: err,
		Index: index, Source: "s.yaml:" + string(rune('0'+index))}
}

func TestFindsStepsThatFailed(t *testing.T) {
	const gone = `deployments.apps "agnet" not found`
	text := only(t, foundBy(t, "step-failed", nil, func(tp *tape) {
		tp.add(record.Step{At: tp.at(0), Text: "scale Deployment ai-agent to 2",
			Objects: []string{"Deployment ai-agents/ai-agent"}, Index: 1},
			failedStep(tp, 10, 2, "scale Deployment agnet to 4", "Deployment ai-agents/agnet", gone),
			failedStep(tp, 20, 3, "set image Deployment agnet c=app:2", "Deployment ai-agents/agnet", gone))
	}))
	assert.Equal(t,
		`Deployment ai-agents/agnet: scale Deployment agnet to 4 at 10m00s (s.yaml:2) failed: deployments.apps "agnet" not found; so did 1 further step, the last at 20m00s (s.yaml:3). `+
			"Name an object that is there at that time, or do the step while it is.", text)
}

// What helps depends on what kubectl answers.
func TestAdvisesOnStepsByTheAnswer(t *testing.T) {
	for err, want := range map[string]string{
		`no rollout history found for deployment "web"`:  "Undo only after a change of the pod template has made a second revision.",
		"no last revision to roll back to":               "Undo only after a change of the pod template has made a second revision.",
		"unable to find specified revision 7 in history": "Name a revision that is still there: revisionHistoryLimit says how many are kept.",
		`unable to drain node "cpu-1" due to error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/agent-x`:                                              "Give the drain ignoreDaemonSets: true.",
		`unable to drain node "cpu-1" due to error: cannot delete Pods that declare no controller (use --force to override): default/x`:                                                     "Give the drain force: true.",
		`services "lb" is forbidden: exceeded quota: compute, requested: services=1, used: services=0, limited: services=0`:                                                                 "Raise the ResourceQuota before the step, or ask for less.",
		`The Deployment "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable`:                                                                "Delete the object first and apply it anew, or leave that field as it is.",
		"unable to drain: [cannot delete Pods with local storage (use --delete-emptydir-data to override): a, cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): b]": "Give the drain ignoreDaemonSets: true and deleteEmptyDirData: true.",
		"The StatefulSet \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'revisionHistoryLimit' and 'minReadySeconds' are forbidden":      "Delete the object first and apply it anew, or leave that field as it is.",
		"The Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`":                                                                "Delete the pod first and apply it anew.",
		"No resources found in default namespace.":                                       "Do the step while the workload has pods.",
		`deployments.apps "web" is already paused`:                                       "Leave the step out, or resume the rollout before it.",
		`node cpu-0 already has a taint(s) with same effect(s) and --overwrite is false`: "Take the taint off first, or leave the step out.",
		`taint "c" not found`:                                                            "Take off a taint that the node has at that time.",
		`node "cpu-0" is not down`:                                                       "Let the node fail before it, or leave the step out.",
		"something else":                                                                 "Correct the step, or leave it out.",
	} {
		found := foundBy(t, "step-failed", nil,
			func(tp *tape) { tp.add(failedStep(tp, 1, 1, "step", "Deployment ai-agents/ai-agent", err)) })
		require.Len(t, found, 1)
		assert.Equal(t, want, found[0].Change, err)
	}
}

// A step that failed is a step with a cost of nothing, and one that an
// expectation can bound; what one step applies counts once.
func TestFailedStepsAreCounted(t *testing.T) {
	tp := &tape{}
	run := agentRun(1)
	run.Expectations = []record.Expectation{{Metric: "steps.failed", Equals: f(0), Source: "s.yaml:40"}}
	tp.add(run)
	tp.add(record.Step{At: tp.at(0), Text: "apply Service ai-agents/lb", Error: "refused"},
		failedStep(tp, 1, 1, "apply Pod ai-agents/a", "Pod ai-agents/a", "refused"),
		failedStep(tp, 1, 1, "apply Pod ai-agents/b", "Pod ai-agents/b", "refused"),
		failedStep(tp, 2, 2, "drain node cpu-1", "Node cpu-1", "unable to drain"),
		record.Drained{At: tp.at(2 * time.Minute), Node: "cpu-1", Since: sim.Time(time.Minute), Error: "unable to drain",
			Index: 2},
		record.Drained{At: tp.at(2 * time.Hour), Node: "cpu-2", Since: sim.Time(time.Minute), Unfinished: true, Index: 3},
		record.Drained{At: tp.at(2 * time.Hour), Node: "cpu-3", Since: sim.Time(2*time.Hour - time.Second), Unfinished: true,
			Index: 4})
	tp.window(time.Minute, 2*time.Minute, 90, map[record.Cause]int64{record.Timeout: 10}, time.Second)
	tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	r := tp.build(t)
	require.Equal(t, []stat.Value{4}, r.Values["steps.failed"])
	require.False(t, r.Verdict.Pass)
	require.Len(t, r.Services[agentSvc].Events, 1)
	require.Empty(t, r.Services[agentSvc].Events[0].Event, "what failed has not cost these requests")
}

// drainTold tells of a drain of cpu-1 from 10 min on that a budget stands against,
// and of its end.
func drainTold(tp *tape, desired int32, end *record.Drained) {
	tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
	tp.add(record.EvictionRefused{At: tp.at(10 * time.Minute), Pod: webPod, Node: "cpu-1", Budget: "ai-agents/agent",
		Healthy: 3, Desired: desired, Expected: 3, Message: "Cannot evict pod"})
	if end == nil {
		return
	}
	end.Node, end.Since = "cpu-1", sim.Time(10*time.Minute)
	if end.Timeout > 0 {
		tp.add(failedStep(tp, 15, 1, "drain node cpu-1", "Node cpu-1", "unable to drain"))
	}
	tp.add(*end)
}

func TestSaysHowADrainUnderABudgetEnded(t *testing.T) {
	left := []record.Undrained{
		{Pod: webPod, Budgets: []string{"ai-agents/agent"},
			Message: "The disruption budget agent needs 3 healthy pods and has 3 currently"}}
	for _, c := range []struct {
		name       string
		desired    int32
		end        func(*tape) *record.Drained
		rule, want string
	}{
		{"its timeout, under a budget that allows nothing", 3, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(15 * time.Minute), Timeout: sim.Time(5 * time.Minute), Error: "unable to drain",
				Left: left, Index: 1, Source: "s.yaml:1"}
		}, "budget-allows-nothing",
			"PodDisruptionBudget ai-agents/agent: the eviction of 1 pod is refused: 3 of 3 pods have to be healthy, so kubectl drain of node cpu-1 (s.yaml:1) gave up at 15m00s, after its timeout of 5m, with pod ai-agents/ai-agent-x in its way."},
		{"it goes on, under such a budget", 3, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(2 * time.Hour), Unfinished: true, Left: left, Index: 1}
		}, "budget-allows-nothing",
			"the eviction of 1 pod is refused for ever: 3 of 3 pods have to be healthy, so a drain of node cpu-1 can't end."},
		{"the budget was loosened", 3, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(12 * time.Minute), Index: 1}
		}, "", ""},
		{"its timeout, under a budget that others don't meet", 2, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(15 * time.Minute), Timeout: sim.Time(5 * time.Minute), Error: "unable to drain",
				Left: left, Index: 1, Source: "s.yaml:1"}
		}, "drain-incomplete",
			"Node cpu-1: kubectl drain (s.yaml:1) gave up at 15m00s, after its timeout of 5m: PodDisruptionBudget ai-agents/agent did not let pod ai-agents/ai-agent-x go (The disruption budget agent needs 3 healthy pods and has 3 currently). Give the drain a longer timeout, or see to it"},
		{"its timeout, while a pod terminates", 2, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(15 * time.Minute), Timeout: sim.Time(5 * time.Minute), Error: "unable to drain",
				Index: 1,
				Left:  []record.Undrained{{Pod: webPod, Terminating: sim.Time(4 * time.Minute), Grace: sim.Time(10 * time.Minute)}}}
		}, "drain-incomplete",
			"pod ai-agents/ai-agent-x had terminated for 4m, of a grace period of 10m. Give the drain a timeout longer than the grace period of 10m."},
		{"its timeout, while a machine is down", 2, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(2 * time.Hour), Unfinished: true, Index: 1,
				Left: []record.Undrained{{Pod: webPod, Terminating: sim.Time(24 * time.Minute), Grace: sim.Time(30 * time.Second)}}}
		}, "drain-incomplete",
			"pod ai-agents/ai-agent-x had terminated for 24m, since its machine does not answer. Put the taint node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"},
		{"its timeout, for pods that are not Ready", 2, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(15 * time.Minute), Timeout: sim.Time(5 * time.Minute), Error: "unable to drain",
				Index: 1, Left: []record.Undrained{{Pod: webPod, Budgets: []string{"ai-agents/agent"}, Unready: true}}}
		}, "drain-incomplete",
			"or set unhealthyPodEvictionPolicy: AlwaysAllow in the budget, so that pods that are not Ready may go."},
		{"it goes on, for want of Ready pods", 2, func(tp *tape) *record.Drained {
			return &record.Drained{At: tp.at(2 * time.Hour), Unfinished: true, Left: left, Index: 1, Source: "s.yaml:1"}
		}, "drain-incomplete",
			"Node cpu-1: kubectl drain (s.yaml:1), begun at 10m00s, goes on at the end: PodDisruptionBudget ai-agents/agent did not let"},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := func(tp *tape) { drainTold(tp, c.desired, c.end(tp)) }
			for _, rule := range []string{"budget-allows-nothing", "drain-incomplete", "step-failed"} {
				found := foundBy(t, rule, nil, told)
				if rule == c.rule {
					assert.Contains(t, only(t, found), c.want)
					assert.Equal(t, "error", found[0].Severity)
				} else {
					assert.Empty(t, found, rule)
				}
			}
		})
	}
}
