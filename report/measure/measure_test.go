package measure_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/measure"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const web = "d/Deployment/web"

func at(rep int, seconds float64) record.At {
	return record.At{Replication: rep, T: sim.Time(seconds * 1e9)}
}

func outage(rep int, from, to float64) record.Record {
	return record.Outage{At: at(rep, to), Service: "d/web", From: sim.Time(from * 1e9)}
}

// measured reads a run of one Service, whose pod runs on the machine n.
func measured(records ...record.Record) map[string][]stat.Value {
	var m measure.Measures
	m.Add(record.Run{Replications: 2, Duration: sim.Time(1000e9),
		Nodes: []record.Node{{Name: "n", USDPerHour: 2}, {Name: "late", USDPerHour: 1, Joins: sim.Time(500e9)}},
		Services: []record.Service{{Key: "d/web", Workloads: []string{web}, Entry: true,
			Objective: &record.Objective{Share: 0.9}}}})
	start := []record.Record{record.Rollout{At: at(0, 0), Workload: web, Phase: record.RolloutStarted},
		record.PodCreated{At: at(0, 0), Pod: "d/p", Owner: web}, record.PodScheduled{At: at(0, 0), Pod: "d/p", Node: "n"},
		record.PodReady{At: at(0, 1), Pod: "d/p", Ready: true},
		record.Rollout{At: at(0, 2), Workload: web, Phase: record.RolloutComplete}}
	for _, r := range append(start, records...) {
		m.Add(r)
	}
	values := map[string][]stat.Value{}
	m.Into(values)
	return values
}

// Each outage is that of what happened to the pods before it, not longer than five minutes
// ago; what happened to others does not count.
func TestDowntimeByCause(t *testing.T) {
	leave := func(reason record.Deletion) []record.Record {
		return []record.Record{record.PodDeleting{At: at(0, 100), Pod: "d/p", Reason: reason}}
	}
	exit := func(cause record.ExitCause) []record.Record {
		return []record.Record{record.ContainerExited{At: at(0, 100), Pod: "d/p", Cause: cause}}
	}
	update := record.Rollout{At: at(0, 90), Workload: web, Phase: record.RolloutStarted}
	for _, c := range []struct {
		name, cause string
		records     []record.Record
	}{
		{"an eviction", "drain", leave(record.Evicted)},
		{"fewer replicas", "scale-down", leave(record.ScaledDown)},
		{"an old pod", "rollout", append([]record.Record{update}, leave(record.ScaledDown)...)},
		{"a new pod that is ready too early", "rollout", []record.Record{update,
			record.PodCreated{At: at(0, 91), Pod: "d/q", Owner: web}, record.PodReady{At: at(0, 100), Pod: "d/q", Ready: true}}},
		{"an update that is over", "scale-down", append([]record.Record{update,
			record.Rollout{At: at(0, 95), Workload: web, Phase: record.RolloutComplete}}, leave(record.ScaledDown)...)},
		{"its limit", "oom", exit(record.OutOfMemory)},
		{"its limit, while a rollout is stuck", "oom", append([]record.Record{update}, append(exit(record.OutOfMemory),
			record.PodReady{At: at(0, 100), Pod: "d/p"}, record.PodReady{At: at(0, 104), Pod: "d/p", Ready: true})...)},
		{"its machine", "machine", []record.Record{
			record.NodeChanged{At: at(0, 100), Node: "n", Phase: record.NodeFailed}}},
		{"another machine", "other", []record.Record{
			record.NodeChanged{At: at(0, 100), Node: "m", Phase: record.NodeFailed}}},
		{"a probe", "other", exit(record.LivenessFailed)},
		{"nothing", "other", nil},
		{"the last of two", "oom", append(leave(record.Evicted), record.ContainerExited{At: at(0, 104), Pod: "d/p",
			Cause: record.OutOfMemory})},
		{"in its course", "oom", []record.Record{
			record.ContainerExited{At: at(0, 106), Pod: "d/p", Cause: record.OutOfMemory}}},
	} {
		values := measured(append(c.records, outage(0, 105, 112), record.End{At: at(0, 1000), Reason: record.AtHorizon})...)
		assert.Equal(t, []stat.Value{7}, values["service.downtime d/web"], c.name)
		assert.Equal(t, []stat.Value{7}, values["service.downtime."+c.cause+" d/web"], c.name)
	}
	values := measured(append(leave(record.Evicted), outage(0, 401, 402),
		record.End{At: at(0, 1000), Reason: record.AtHorizon})...)
	assert.Equal(t, []stat.Value{1}, values["service.downtime.other d/web"], "301 s later")
	values = measured(append(leave(record.Evicted), outage(0, 399, 400),
		record.End{At: at(0, 1000), Reason: record.AtHorizon})...)
	assert.Equal(t, []stat.Value{1}, values["service.downtime.drain d/web"], "299 s later")
}

func TestBudgetTurnsAndCost(t *testing.T) {
	values := measured(
		record.Requests{At: at(0, 10), Service: "d/web", OK: 95, Late: 5, Failed: map[record.Cause]int64{record.Killed: 5},
			Sessions: &record.Sessions{Turns: 50, TurnsFailed: 3}},
		record.NodeChanged{At: at(0, 250), Node: "n", Phase: record.NodeRemoved},
		record.End{At: at(0, 1000), Reason: record.AtHorizon},
		record.Requests{At: at(1, 10), Service: "d/web", OK: 100}, record.End{At: at(1, 400), Reason: record.Interrupted})
	require.Len(t, values["service.errorBudget.spent d/web"], 2)
	assert.InDelta(t, 1, float64(values["service.errorBudget.spent d/web"][0]), 1e-9, "10 of the 10 that may fail")
	assert.False(t, values["service.errorBudget.spent d/web"][1].Known(), "of an incomplete replication")
	assert.EqualValues(t, 3, values["service.turns.failed d/web"][0])
	assert.InDelta(t, 2*0.25+1*0.5, float64(values["cost.usdPerHour"][0]), 1e-9)
	for _, name := range measure.Metrics {
		_, known := record.FindMetric(name)
		assert.True(t, known, name)
	}
}
