package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/explain"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const webBudget = "ai-agents/agent"

// state is a budget at an instant, with the rules that steps gave it.
func state(tp *tape, t time.Duration, rule string, expected, allows int32,
	changes ...record.BudgetChange) record.BudgetState {
	return record.BudgetState{At: tp.at(t), Healthy: expected, Changes: changes,
		DisruptionBudget: record.DisruptionBudget{Key: webBudget, Rule: ruleOf(rule), Workloads: []string{agent},
			Expected: expected, Allows: allows}}
}

func ruleOf(text string) (rule record.BudgetRule) {
	if err := rule.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return rule
}

func atStart(rule string, expected, allows int32) func(*record.Run) {
	return func(r *record.Run) {
		r.Budgets = []record.DisruptionBudget{{Key: webBudget, Rule: ruleOf(rule), Workloads: []string{agent},
			Expected: expected, Allows: allows}}
	}
}

// What a budget says at the end counts, not what it said at the start.
func TestBudgetsAreJudgedAsTheyAreAtTheEnd(t *testing.T) {
	loosened := record.BudgetChange{T: sim.Time(20 * time.Minute), Rule: record.BudgetRule{Field: "maxUnavailable",
		Bound: "1"}}
	for _, c := range []struct {
		name  string
		start func(*record.Run)
		end   func(*tape) record.BudgetState
		dead  string // what is found, "" for nothing
	}{
		{"loosened", atStart("minAvailable 3", 3, 0), func(tp *tape) record.BudgetState {
			return state(tp, time.Hour, "maxUnavailable 1", 3, 1, loosened)
		}, ""},
		{"more replicas", atStart("minAvailable 3", 3, 0), func(tp *tape) record.BudgetState {
			return state(tp, time.Hour, "minAvailable 3", 4, 1)
		}, ""},
		{"fewer replicas", atStart("minAvailable 2", 3, 1), func(tp *tape) record.BudgetState {
			return state(tp, time.Hour, "minAvailable 2", 2, 0)
		}, "with minAvailable 2 of 2 pods it never allows an eviction"},
		{"tightened", atStart("maxUnavailable 1", 3, 1), func(tp *tape) record.BudgetState {
			return state(tp, time.Hour, "maxUnavailable 0", 3, 0,
				record.BudgetChange{T: 9, Rule: record.BudgetRule{Field: "maxUnavailable", Bound: "0"}})
		}, "with maxUnavailable 0 of 3 pods it never allows an eviction"},
		{"brought by a step", nil, func(tp *tape) record.BudgetState {
			return state(tp, time.Hour, "maxUnavailable 0", 3, 0,
				record.BudgetChange{T: 9, Rule: record.BudgetRule{Field: "maxUnavailable", Bound: "0"}})
		}, "with maxUnavailable 0 of 3 pods"},
		{"deleted", atStart("maxUnavailable 0", 3, 0), func(tp *tape) record.BudgetState {
			s := state(tp, time.Minute, "maxUnavailable 0", 3, 0)
			s.Deleted = true
			return s
		}, ""},
		{"of pods that can't be counted", atStart("maxUnavailable 0", 3, 0), func(tp *tape) record.BudgetState {
			return state(tp, time.Hour, "maxUnavailable 0", 0, 0)
		}, "with maxUnavailable 0 of 3 pods"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := foundBy(t, "budget-dead-end", c.start, func(tp *tape) { tp.add(c.end(tp)) })
			if c.dead == "" {
				assert.Empty(t, found)
				return
			}
			assert.Contains(t, only(t, found), c.dead)
		})
	}
}

// The advice is about the rule that a drain met, and says what came of it.
func TestADrainThatMetAnEarlierRule(t *testing.T) {
	text := only(t, foundBy(t, "budget-allows-nothing", atStart("minAvailable 3", 3, 0), func(tp *tape) {
		drainTold(tp, 3, &record.Drained{At: tp.at(15 * time.Minute), Timeout: sim.Time(5 * time.Minute),
			Error: "unable to drain", Left: []record.Undrained{{Pod: webPod, Budgets: []string{webBudget}}}, Index: 1})
		tp.add(state(tp, time.Hour, "maxUnavailable 1", 3, 1, record.BudgetChange{T: sim.Time(20 * time.Minute),
			Rule: record.BudgetRule{Field: "maxUnavailable", Bound: "1"}}))
	}))
	assert.Contains(t, text,
		"in its way. From 20m00s on it says maxUnavailable 1. Set minAvailable below the number of replicas")
}

func explained(t *testing.T, tp *tape, object string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, explain.Explain(&out, tp.build(t), object, words.TextOptions{}))
	return strings.Join(strings.Fields(out.String()), " ")
}

func TestExplainsWhatABudgetSaid(t *testing.T) {
	tp := &tape{}
	run := agentRun(1)
	atStart("minAvailable 3", 3, 0)(&run)
	tp.add(run, state(tp, time.Hour, "maxUnavailable 1", 4, 1, record.BudgetChange{T: sim.Time(20 * time.Minute),
		Rule: record.BudgetRule{Field: "maxUnavailable", Bound: "1"}}))
	assert.Contains(t, explained(t, tp, "PodDisruptionBudget/agent"),
		"minAvailable 3 until 20m00s maxUnavailable 1 of 4 pods of Deployment ai-agents/ai-agent: 1 eviction allowed while all are healthy; at the end 4 of 4")
}

// Nodes that were removed, or came later, are not told of as if they stood.
func TestNodesThatComeAndGo(t *testing.T) {
	tp := &tape{}
	run := agentRun(1)
	run.Nodes[2].Joins = sim.Time(90 * time.Minute)
	tp.add(run, record.NodeChanged{At: tp.at(time.Hour), Node: "cpu-1", Phase: "removed"})
	tp.usage(0, 2*time.Hour, 1)
	tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	r := tp.build(t)
	require.Equal(t, 2, r.Capacity.NodesAtEnd)
	require.InDelta(t, 0.1008*(0.5+1+0.25), r.Capacity.USDPerHour, 1e-9)
	text := string(render(t, r, "txt"))
	assert.Contains(t, text, "2 nodes at the start, 2 at the end, at 0.18 USD/h on average")
	assert.Contains(t, text, "3 aws/m7i.large (1 joined, 1 gone)")
	assert.Contains(t, explained(t, tp, "Node/cpu-1"), "gone from 1h00m00s on: the machine and its Node were removed")
	assert.Contains(t, explained(t, tp, "Node/cpu-3"), "joined at 1h30m00s")
}

func TestFindsABudgetThatSelectsNothing(t *testing.T) {
	idle := func(r *record.Run) {
		r.Budgets = []record.DisruptionBudget{{Key: webBudget, Rule: record.BudgetRule{Field: "minAvailable", Bound: "1"}}}
	}
	text := only(t, foundBy(t, "budget-selects-nothing", idle, nil))
	assert.Contains(t, text,
		"PodDisruptionBudget ai-agents/agent: it selects no pods of its namespace, and so keeps none from being evicted. Let spec.selector match")
	assert.Empty(t, foundBy(t, "budget-selects-nothing", atStart("minAvailable 1", 3, 2), nil))
	assert.Empty(t, foundBy(t, "budget-selects-nothing", atStart("minAvailable 1", 3, 2), func(tp *tape) {
		tp.add(record.BudgetState{At: tp.at(time.Hour), DisruptionBudget: record.DisruptionBudget{
			Key: webBudget, Rule: record.BudgetRule{Field: "minAvailable", Bound: "1"}}})
	}), "its pods are gone at the end")
	assert.Empty(t, foundBy(t, "budget-selects-nothing", idle,
		func(tp *tape) { tp.add(state(tp, time.Hour, "minAvailable 1", 3, 2)) }), "its pods came later")
	tp := &tape{}
	run := agentRun(1)
	idle(&run)
	tp.add(run, record.End{At: tp.at(time.Hour), Reason: "horizon"})
	assert.Contains(t, explained(t, tp, "PodDisruptionBudget/agent"), "minAvailable 1: it selects no pods")
}

// The object to change of an autoscaler of KEDA's is the ScaledObject.
func TestAScaledObjectWhoseTargetIsGone(t *testing.T) {
	text := only(t, foundBy(t, "autoscaler-blind", nil, func(tp *tape) {
		tp.add(record.Activation{At: tp.at(0), ScaledObject: "ai-agents/jobs", Workload: agent, To: 1, Active: true,
			Reason: "triggered"},
			record.Autoscaled{At: tp.at(time.Minute), HPA: "ai-agents/keda-hpa-jobs", Workload: agent, Current: 5, Desired: 5,
				Reason: "ValidMetricFound"},
			record.Autoscaled{At: tp.at(2 * time.Minute), HPA: "ai-agents/keda-hpa-jobs", Workload: agent,
				Reason:  "FailedGetScale",
				Message: `the HPA controller was unable to get the target's current scale: deployments.apps "ai-agent" not found`})
	}))
	assert.Contains(t, text,
		"ScaledObject ai-agents/jobs: it can't scale Deployment ai-agents/ai-agent from 2m00s on: FailedGetScale")
	assert.Contains(t, text, "Delete the ScaledObject together with its target")
}
