package report

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// automationRules are the rules that the tests of this file cover.
var automationRules = []string{"budget-allows-nothing", "autoscaler-blind", "autoscaler-at-maximum"}

const agentHPA = "ai-agents/ai-agent"

func automationFindings(t *testing.T, tell func(*tape)) []result.Finding {
	t.Helper()
	tp := &tape{}
	tp.add(agentRun(2))
	for rep := range 2 {
		tp.rep = rep
		tell(tp)
		tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	}
	var all []result.Finding
	for _, f := range tp.build(t).Findings {
		if slices.Contains(automationRules, f.Rule) {
			all = append(all, f)
		}
	}
	return all
}

func TestFindsAnAutoscalerWithoutRequests(t *testing.T) {
	found := automationFindings(t, func(tp *tape) {
		tp.add(record.Autoscaled{At: tp.at(0), HPA: agentHPA, Workload: agent, Current: 3, Desired: 3,
			Reason:  "FailedGetResourceMetric",
			Message: "failed to compute desired number of replicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: missing request for cpu in container agent of Pod x"})
	})
	require.Len(t, found, 1)
	require.Equal(t, "HorizontalPodAutoscaler ai-agents/ai-agent", found[0].Object)
	require.Contains(t, found[0].What, "in 2 of 2 replications: missing request for cpu in container agent of Pod x.")
	require.Contains(t, found[0].Change, "Give every container of Deployment ai-agents/ai-agent")
}

// Of a target that goes it is told since when, in the controller's words.
func TestFindsAnAutoscalerWhoseTargetIsGone(t *testing.T) {
	const gone = `the HPA controller was unable to get the target's current scale: deployments.apps "ai-agent" not found`
	blind := func(tp *tape, minute int) record.Autoscaled {
		return record.Autoscaled{At: tp.at(time.Duration(minute) * time.Minute), HPA: agentHPA, Workload: agent,
			Reason: "FailedGetScale", Message: gone}
	}
	at := func(tell func(*tape)) result.Finding {
		found := automationFindings(t, tell)
		require.Len(t, found, 1)
		return found[0]
	}
	never := at(func(tp *tape) { tp.add(blind(tp, 0)) })
	require.Equal(t, "it can't scale Deployment ai-agents/ai-agent in 2 of 2 replications: FailedGetScale: "+gone+".",
		never.What)
	require.Equal(t, "Correct spec.scaleTargetRef.", never.Change)
	later := at(func(tp *tape) {
		tp.add(record.Autoscaled{At: tp.at(0), HPA: agentHPA, Workload: agent, Current: 3, Desired: 3,
			Reason: "ValidMetricFound, DesiredWithinRange"},
			blind(tp, 5), record.Autoscaled{At: tp.at(6 * time.Minute), HPA: agentHPA, Workload: agent, Current: 3, Desired: 3,
				Reason: "ValidMetricFound, DesiredWithinRange"}, blind(tp, 10))
	})
	require.Equal(t,
		"it can't scale Deployment ai-agents/ai-agent from 10m00s on in 2 of 2 replications: FailedGetScale: "+gone+".",
		later.What)
	require.Contains(t, later.Change, "Delete the autoscaler together with its target")
}

func TestAnAutoscalerThatRecoversIsNoFinding(t *testing.T) {
	require.Empty(t, automationFindings(t, func(tp *tape) {
		tp.add(record.Autoscaled{At: tp.at(0), HPA: agentHPA, Workload: agent, Current: 3, Desired: 3,
			Reason: "FailedGetResourceMetric", Message: "no metrics yet"},
			record.Autoscaled{At: tp.at(time.Minute), HPA: agentHPA, Workload: agent, Current: 3, Desired: 3,
				Reason: "ValidMetricFound, DesiredWithinRange"})
	}))
}

func TestFindsAnAutoscalerAtItsMaximum(t *testing.T) {
	found := automationFindings(t, func(tp *tape) {
		for i, wanted := range []int32{6, 9, 7} {
			tp.add(record.Autoscaled{At: tp.at(time.Duration(10+i) * time.Minute), HPA: agentHPA, Workload: agent, Current: 5,
				Desired:     5,
				Recommended: wanted, Reason: "ValidMetricFound, TooManyReplicas"})
		}
	})
	require.Len(t, found, 1)
	require.Contains(t, found[0].What,
		"from 10m on its metrics ask for up to 9 replicas of Deployment ai-agents/ai-agent in 2 of 2 replications, and maxReplicas allows 5.")
	require.Contains(t, found[0].Change, "Set maxReplicas to 9")
}

// The step that reaches the maximum asked for most; after it the metrics ask for
// just the maximum, and the stabilization window holds more.
func TestFindsWhatAnAutoscalerAskedForBeforeItsMaximum(t *testing.T) {
	reach := record.Autoscaled{HPA: agentHPA, Workload: agent, Current: 7, Desired: 10, Recommended: 12, Stabilized: 12,
		Rescaled: true, Reason: "cpu resource utilization above target", Limit: "TooManyReplicas"}
	stay := record.Autoscaled{HPA: agentHPA, Workload: agent, Current: 10, Desired: 10, Recommended: 10, Stabilized: 12,
		Reason: "ValidMetricFound, TooManyReplicas", Limit: "TooManyReplicas"}
	byPolicy := reach
	byPolicy.Limit = "ScaleUpLimit"
	for _, c := range []struct {
		name, since string
		first       record.Autoscaled
	}{{"limited by maxReplicas", "10m", reach}, {"limited by the policy first", "10m15s", byPolicy}} {
		t.Run(c.name, func(t *testing.T) {
			found := automationFindings(t, func(tp *tape) {
				c.first.At, stay.At = tp.at(10*time.Minute), tp.at(10*time.Minute+15*time.Second)
				tp.add(c.first, stay)
			})
			require.Len(t, found, 1)
			require.Contains(t, found[0].What,
				"from "+c.since+
					" on its metrics ask for up to 12 replicas of Deployment ai-agents/ai-agent in 2 of 2 replications, and maxReplicas allows 10.")
			require.Contains(t, found[0].Change, "Set maxReplicas to 12")
		})
	}
}

func TestFindsABudgetThatAllowsNothing(t *testing.T) {
	refuse := func(desired int32) func(*tape) {
		return func(tp *tape) {
			for i := range 3 {
				tp.add(record.EvictionRefused{At: tp.at(time.Duration(i) * 5 * time.Second), Pod: webPod, Node: "cpu-1",
					Budget:  "ai-agents/agent",
					Healthy: 3, Desired: desired, Expected: 3, Message: "Cannot evict pod"})
			}
		}
	}
	found := automationFindings(t, refuse(3))
	require.Len(t, found, 1)
	require.Equal(t, "PodDisruptionBudget ai-agents/agent", found[0].Object)
	require.Contains(t, found[0].What,
		"the eviction of 1 pod is refused for ever in 2 of 2 replications: 3 of 3 pods have to be healthy, so a drain of node cpu-1 can't end.")
	require.Empty(t, automationFindings(t, refuse(2)), "a drain that has to wait is no dead end")
}
