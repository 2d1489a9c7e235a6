package rollout_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/rollout"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const web = "default/Deployment/web"

func at(rep int, seconds float64) record.At {
	return record.At{Replication: rep, T: sim.Time(seconds * 1e9)}
}

// watch reads records of a run of two pods on two machines.
func watch(t *testing.T, records ...record.Record) *rollout.Watch {
	t.Helper()
	w := rollout.NewWatch(web, sim.Time(100e9))
	run := record.Run{
		Nodes:     []record.Node{{Name: "a", USDPerHour: 1}, {Name: "b", USDPerHour: 1}, {Name: "late", Joins: 1}},
		Workloads: []record.Workload{{Key: web, Replicas: 2}},
		Services:  []record.Service{{Key: "default/web", Entry: true}, {Key: "default/inner"}},
	}
	for _, r := range append([]record.Record{run}, records...) {
		require.NoError(t, w.Add(r))
	}
	return w
}

// start are two pods that are ready before the update.
func start(rep int) (list []record.Record) {
	for i, name := range []string{"old-1", "old-2"} {
		pod := "default/" + name
		list = append(list, record.PodCreated{At: at(rep, 0), Pod: pod, Owner: web,
			Requests: record.Resources{CPU: 0.1, Memory: 100, GPU: 1}},
			record.PodScheduled{At: at(rep, 1), Pod: pod, Node: string("ab"[i])},
			record.PodReady{At: at(rep, 2), Pod: pod, Ready: true})
	}
	return append(list, record.Rollout{At: at(rep, 3), Workload: web, Phase: record.RolloutComplete})
}

// update replaces one pod: it is gone for 20 s, and the new one is ready after 30 s more.
func update(rep int) []record.Record {
	return []record.Record{
		record.Rollout{At: at(rep, 100), Workload: web, Phase: record.RolloutStarted},
		record.PodCreated{At: at(rep, 100), Pod: "default/new-1", Owner: web,
			Requests: record.Resources{CPU: 0.1, Memory: 100, GPU: 1}},
		record.PodDeleting{At: at(rep, 110), Pod: "default/old-1"},
		record.PodGone{At: at(rep, 130), Pod: "default/old-1"},
		record.PodScheduled{At: at(rep, 130), Pod: "default/new-1", Node: "a"},
		record.PodReady{At: at(rep, 160), Pod: "default/new-1", Ready: true},
		record.Rollout{At: at(rep, 161), Workload: web, Phase: record.RolloutComplete},
	}
}

func failed(rep int, service string, ok int64, failed map[record.Cause]int64) record.Record {
	return record.Requests{At: at(rep, 200), Service: service, OK: ok, Failed: failed,
		Sessions: &record.Sessions{TurnsFailed: failed[record.Killed]}}
}

func end(rep int) record.Record { return record.End{At: at(rep, 300), Reason: record.AtHorizon} }

func TestWhatAnUpdateTakes(t *testing.T) {
	with := append(append(start(0), update(0)...), failed(0, "default/web", 90, map[record.Cause]int64{record.Killed: 10}),
		failed(0, "default/inner", 0, map[record.Cause]int64{record.Killed: 99}), end(0))
	without := append(start(0), failed(0, "default/web", 100, nil), end(0))
	trial := rollout.NewTrial(watch(t, with...), watch(t, without...))
	assert.Equal(t, 1, trial.Begun)
	assert.Equal(t, 1, trial.Finished)
	assert.EqualValues(t, 61, trial.Took.Mean)
	assert.EqualValues(t, 50, trial.NotReady, "from 110 s to 160 s one pod is missing")
	assert.Equal(t, 1, trial.ReadyMin)
	assert.Equal(t, rollout.Demand{Pods: 2, CPU: 0.2, Memory: 200, GPU: 2, Nodes: 2}, trial.Before)
	assert.Equal(t, rollout.Demand{Pods: 3, CPU: 0.3, Memory: 300, GPU: 3, Nodes: 2}, trial.Peak)
	assert.EqualValues(t, 10, trial.Lost.Failed, "only where the load comes in")
	assert.EqualValues(t, 10, trial.Lost.TurnsFailed)
	assert.EqualValues(t, 100, trial.Lost.Of)
	assert.Equal(t, 2, trial.Machines)
	assert.False(t, trial.Fine())
}

// An update before its time, or none, is none; one that does not end is unfinished, and
// its pods are missing until the end of the run.
func TestUpdatesThatDoNotEnd(t *testing.T) {
	trial := rollout.NewTrial(watch(t, append(start(0), end(0))...), watch(t, append(start(0), end(0))...))
	assert.Equal(t, 0, trial.Begun)
	assert.False(t, trial.Fine())

	stuck := append(append(start(0), update(0)[:5]...), end(0))
	trial = rollout.NewTrial(watch(t, stuck...), watch(t, append(start(0), end(0))...))
	assert.Equal(t, 1, trial.Begun)
	assert.Equal(t, 0, trial.Finished)
	assert.EqualValues(t, 190, trial.NotReady)
}

// Failures of a cause that are there without the update, too, count when they are more in
// every replication, and not when they are more in some alone.
func TestWhatMayBeChanceIsNotLost(t *testing.T) {
	trial := func(more ...int64) rollout.Lost {
		var with, without []record.Record
		for rep, n := range more {
			with = append(append(append(with, start(rep)...), update(rep)...),
				failed(rep, "default/web", 100, map[record.Cause]int64{record.Timeout: 20 + n}), end(rep))
			without = append(append(without, start(rep)...),
				failed(rep, "default/web", 100, map[record.Cause]int64{record.Timeout: 20}), end(rep))
		}
		return rollout.NewTrial(watch(t, with...), watch(t, without...)).Lost
	}
	chance := trial(9, -8, 3, -2, 1)
	assert.EqualValues(t, 0, chance.Failed)
	assert.EqualValues(t, 3, chance.Unclear)
	assert.EqualValues(t, 100, chance.FailedWithout)
	lost := trial(9, 8, 10, 9, 11)
	assert.EqualValues(t, 47, lost.Failed)
	assert.EqualValues(t, 0, lost.Unclear)
}

func strategy(text string) record.Strategy {
	s, err := record.ParseStrategy(text)
	if err != nil {
		panic(err)
	}
	return s
}

func changed(w rollout.Workload) (list []string) {
	for _, c := range rollout.Changes(w) {
		list = append(list, c.Set...)
	}
	return list
}

// What is there already is not proposed, nor what comes to the same.
func TestChanges(t *testing.T) {
	w := rollout.Workload{Name: "Deployment/web", Field: "strategy", Replicas: 2, Port: 80, Grace: 30,
		Strategy: strategy("RollingUpdate maxSurge=25% maxUnavailable=25%")}
	assert.Equal(t, []string{
		"Deployment/web:spec.strategy={type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}",
		"Deployment/web:spec.strategy={type: RollingUpdate, rollingUpdate: {maxSurge: 100%, maxUnavailable: 0}}",
		"Deployment/web:spec.strategy={type: Recreate}",
		"Deployment/web:spec.template.spec.containers[0].readinessProbe={tcpSocket: {port: 80}, periodSeconds: 5}",
		"Deployment/web:spec.template.spec.terminationGracePeriodSeconds=600",
		"Deployment/web:spec.template.spec.containers[0].lifecycle.preStop={sleep: {seconds: 15}}",
	}, changed(w))
	w.Readiness, w.PreStop, w.Grace, w.Field = true, true, 600, ""
	assert.Empty(t, changed(w))
	ordinals := rollout.Workload{Name: "X/web", Field: "updateStrategy", PreStop: true, Grace: 600, Readiness: true,
		Strategy: strategy("RollingUpdate OrderedReady")}
	assert.Empty(t, changed(ordinals))
	ordinals.Strategy = strategy("RollingUpdate partition=2 OrderedReady")
	assert.Equal(t, []string{"X/web:spec.updateStrategy={type: RollingUpdate}"}, changed(ordinals))

	more := rollout.OneMore([]string{"9xaws/g5.xlarge,zone=a", "cpu=4", "2xcpu=4"})
	require.Len(t, more, 2)
	assert.Equal(t, []string{"10xaws/g5.xlarge,zone=a", "cpu=4", "2xcpu=4"}, more[0].Nodes)
	assert.Equal(t, []string{"9xaws/g5.xlarge,zone=a", "cpu=4", "3xcpu=4"}, more[1].Nodes)
}

// Where no change mends all, the best is given a second one; what does not help is left.
func TestMendCombines(t *testing.T) {
	changes := []rollout.Change{{Of: "a", Name: "a", Set: []string{"a=1"}}, {Of: "b", Name: "b", Set: []string{"b=1"}},
		{Of: "b", Name: "b2", Set: []string{"b=2"}}, {Of: "c", Name: "c", Set: []string{"c=1"}}}
	lost := map[string]int64{"a": 60, "b": 100, "b2": 55, "c": 120, "b2 + a": 0}
	given := &rollout.Trial{Replications: 3, Finished: 3, Lost: rollout.Lost{Failed: 100}}
	play := func(list [][]rollout.Change) (trials []*rollout.Trial, err error) {
		for _, changes := range list {
			var names []string
			for _, c := range changes {
				names = append(names, c.Name)
			}
			n, known := lost[strings.Join(names, " + ")]
			if !known {
				n = 90
			}
			trials = append(trials, &rollout.Trial{Replications: 3, Finished: 3, Lost: rollout.Lost{Failed: n}})
		}
		return trials, nil
	}
	tried, best, err := rollout.Mend(given, changes, play)
	require.NoError(t, err)
	assert.Equal(t, "b2 + a", best.Setting)
	assert.Equal(t, []string{"--set b=2", "--set a=1"}, best.Flags)
	assert.Len(t, tried, 6, "four, then those beside b2 that are of something else")

	delete(lost, "b2 + a")
	_, best, err = rollout.Mend(given, changes, play)
	require.NoError(t, err)
	assert.Equal(t, "b2", best.Setting, "nothing beside it helps")

	_, best, err = rollout.Mend(given, changes[3:], play)
	require.NoError(t, err)
	assert.Nil(t, best)
}

// Beside a further machine stands what ends without one.
func TestOnSameMachines(t *testing.T) {
	trial := func(finished, machines int, lost int64) *rollout.Trial {
		return &rollout.Trial{Replications: 3, Finished: finished, Machines: machines, Lost: rollout.Lost{Failed: lost}}
	}
	given, more, one, many, never := trial(0, 2, 0), trial(3, 3, 0), trial(3, 2, 1), trial(3, 2, 90), trial(2, 2, 0)
	tried := []*rollout.Trial{never, many, one, more}
	assert.Same(t, one, rollout.OnSameMachines(given, more, tried))
	assert.Nil(t, rollout.OnSameMachines(given, one, tried), "the best needs no machine")
	assert.Nil(t, rollout.OnSameMachines(given, nil, tried))
	assert.Nil(t, rollout.OnSameMachines(given, more, []*rollout.Trial{never, more}), "it does not always end")
}

// The forms say the same, and text of the input can't break out of its place.
func TestForms(t *testing.T) {
	with := append(append(start(0), update(0)...), failed(0, "default/web", 90, map[record.Cause]int64{record.Killed: 10}),
		end(0))
	trial := rollout.NewTrial(watch(t, with...), watch(t, append(start(0), failed(0, "default/web", 100, nil), end(0))...))
	a := &rollout.Answer{Schema: rollout.SchemaName, Workload: web, Update: "the update to a|<b>", At: 100e9,
		Duration: 300e9, AsGiven: trial, Why: []string{"because."}, Tried: []*rollout.Trial{trial}, Notes: []string{},
		Assumptions: []string{"x"}}
	var text, md, data bytes.Buffer
	require.NoError(t, rollout.Write(&text, a, "text"))
	require.NoError(t, rollout.Write(&md, a, "md"))
	require.NoError(t, rollout.Write(&data, a, "json"))
	assert.Contains(t, text.String(), "finishes and loses 10 requests")
	assert.Contains(t, text.String(), "10 requests of 100, 10 a run: 10 killed-in-flight; 10 turns failed")
	assert.Contains(t, text.String(), "at least 1 of 2 pods; short of 2 for 50s of pods' time a run")
	assert.Contains(t, text.String(), "3 GPUs, 2 before")
	assert.Contains(t, md.String(), `the update to a\|&lt;b>`)
	var read map[string]any
	require.NoError(t, json.Unmarshal(data.Bytes(), &read))
	assert.Equal(t, rollout.SchemaName, read["schema"])
}
