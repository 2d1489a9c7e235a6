package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/explain"
	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const fullQuota = `pods "ai-agent-b-x2x4z" is forbidden: exceeded quota: compute, requested: requests.cpu=250m, used: requests.cpu=750m, limited: requests.cpu=900m`

func refusal(tp *tape, t time.Duration, count int64, since time.Duration) record.CreationRefused {
	return record.CreationRefused{At: tp.at(t), Workload: agent, By: "ReplicaSet ai-agents/ai-agent-b", Object: "Pod",
		Message: fullQuota,
		Policy:  "ResourceQuota ai-agents/compute",
		Short:   []record.Shortage{{Resource: "requests.cpu", Requested: "250m", Used: "750m", Hard: "900m"}},
		Count:   count, Since: sim.Time(since)}
}

func tellRefusal(tp *tape, answer record.CreationRefused) {
	tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
	answer.At = tp.at(time.Minute)
	answer.Workload, answer.Object, answer.Count = agent, "Pod", 1
	tp.add(answer)
}

func refusedFinding(t *testing.T, rule string, change func(*record.Run), tell func(*tape)) *result.Finding {
	t.Helper()
	tp := &tape{}
	run := agentRun(2)
	if change != nil {
		change(&run)
	}
	tp.add(run)
	for tp.rep = range 2 {
		tell(tp)
		tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	}
	var found *result.Finding
	for _, f := range tp.build(t).Findings {
		if f.Rule == rule {
			require.Nil(t, found, "told once")
			found = &f
		}
	}
	return found
}

// A rollout that a quota holds back to the end.
func TestFindingOfARolloutHeldBack(t *testing.T) {
	tell := func(tp *tape) {
		tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
		tp.add(started(tp, 0, "a"), record.Rollout{At: tp.at(25 * time.Second), Workload: agent, Phase: "complete",
			Revision: "a"}, started(tp, 30*time.Second, "b"))
		tp.add(refusal(tp, 31*time.Second, 1, 0), refusal(tp, 2*time.Hour, 20, 31*time.Second))
	}
	f := refusedFinding(t, "creation-refused", nil, tell)
	require.NotNil(t, f)
	assert.Equal(t, "Deployment ai-agents/ai-agent", f.Object)
	assert.Equal(t,
		"the rollout to b is held back in 2 of 2 replications by ResourceQuota ai-agents/compute: maxSurge needs room for one pod more (requests.cpu 250m asked for, 750m of 900m used), and maxUnavailable 0 keeps the old ones.", f.What)
	assert.Equal(t,
		"Set maxUnavailable: 1 and maxSurge: 0, so that an old pod makes room, or raise requests.cpu of ResourceQuota ai-agents/compute to 1250m.", f.Change, "two pods are missing")

	tell = func(tp *tape) {
		tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
		tp.add(started(tp, 0, "a"), record.Rollout{At: tp.at(25 * time.Second), Workload: agent, Phase: "complete",
			Revision: "a"}, started(tp, 30*time.Second, "b"))
		tp.add(refusal(tp, 31*time.Second, 1, 0), refusal(tp, 20*time.Minute, 20, 31*time.Second))
		tp.podUp(webPod+"b", agent, "b", "cpu-2", 20*time.Minute, time.Second, true)
		tp.add(record.Rollout{At: tp.at(30 * time.Minute), Workload: agent, Phase: "complete", Revision: "b"})
	}
	assert.Nil(t, refusedFinding(t, "creation-refused", nil, tell))
	f = refusedFinding(t, "creation-delayed", nil, tell)
	require.NotNil(t, f)
	assert.Contains(t, f.What,
		"its pods were refused for up to 19m29s in 2 of 2 replications by ResourceQuota ai-agents/compute (requests.cpu 250m asked for, 750m of 900m used); ")
}

// What to do about each kind of answer.
func TestFindingsOfRefusals(t *testing.T) {
	forbidden := func(text string) string { return `pods "ai-agent-b-x2x4z" is forbidden: ` + text }
	for name, c := range map[string]struct {
		answer   record.CreationRefused
		what, do string
	}{
		"missing limits": {record.CreationRefused{Policy: "ResourceQuota ai-agents/compute",
			Message: forbidden("failed quota: compute: must specify limits.memory for: agent,proxy; requests.cpu for: agent")},
			"(failed quota: compute: must specify limits.memory for: agent,proxy; requests.cpu for: agent)",
			"Set resources.limits.memory of container agent and proxy, resources.requests.cpu of container agent in its pod template, or give the namespace a LimitRange with defaults."},
		"limit range": {record.CreationRefused{Policy: "LimitRange ai-agents/limits",
			Message: forbidden("maximum memory usage per Container is 1Gi, but limit is 2Gi")},
			"the API server refuses its pods in 2 of 2 replications, to the end (maximum memory usage per Container is 1Gi, but limit is 2Gi).",
			"Keep its containers within LimitRange ai-agents/limits, or change that."},
		"runtime class": {record.CreationRefused{Policy: "RuntimeClass gvisor",
			Message: forbidden(`pod rejected: RuntimeClass "gvisor" not found`)},
			`RuntimeClass "gvisor" not found`,
			"Create the RuntimeClass gvisor, or take runtimeClassName out of its pod template."},
		"priority class": {record.CreationRefused{Policy: "PriorityClass high",
			Message: forbidden("no PriorityClass with name high was found")},
			"no PriorityClass with name high was found",
			"Create the PriorityClass high, or take priorityClassName out of its pod template."},
		"default below request": {
			record.CreationRefused{
				Message: `Pod "x" is invalid: spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi`},
			"must be less than or equal to memory limit of 1Gi", "Set limits beside its requests"},
		"other": {record.CreationRefused{Message: `Pod "x" is invalid: spec.x: Required value`}, "spec.x: Required value",
			"Correct its pod template."},
	} {
		t.Run(name, func(t *testing.T) {
			f := refusedFinding(t, "creation-refused", nil, func(tp *tape) { tellRefusal(tp, c.answer) })
			require.NotNil(t, f)
			assert.Contains(t, f.What, c.what)
			assert.Contains(t, f.Change, c.do)
		})
	}
}

// Events are in the controllers' words, the quota's use is told, and the lines of
// the terminal say it.
func TestRefusalsInTheReport(t *testing.T) {
	tp := &tape{}
	tp.add(agentRun(1))
	claim := refusal(tp, time.Minute, 1, 0)
	claim.Workload, claim.By, claim.Object, claim.Message = "ai-agents/StatefulSet/db", "StatefulSet ai-agents/db",
		"PersistentVolumeClaim", `persistentvolumeclaims "data-db-1" is forbidden: no`
	again := refusal(tp, 2*time.Hour, 4, 30*time.Second)
	again.Last = sim.Time(50 * time.Second)
	tp.add(refusal(tp, 30*time.Second, 1, 0), claim, again,
		record.QuotaUsage{At: tp.at(2 * time.Hour), Quota: "ai-agents/compute", Resources: []record.QuotaResource{
			{Resource: "pods", Used: 3, Peak: 4, Hard: 5}, {Resource: "requests.cpu", Used: 0.75, Peak: 0.75, Hard: 0.9},
			{Resource: "requests.memory", Used: float64(gi), Peak: float64(gi), Hard: float64(2 * gi)},
		}},
		record.Headroom{At: tp.at(2 * time.Hour), Workload: agent, Replicas: 0, Quota: "ai-agents/compute",
			Message: fullQuota},
		record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	r := tp.build(t)
	var events []string
	for _, e := range r.Events {
		events = append(events, words.Clock(e.T)+" "+e.Object+" "+e.Reason+" "+e.Message)
	}
	assert.Equal(t, []string{
		"30.0s ReplicaSet ai-agents/ai-agent-b FailedCreate Error creating: " + fullQuota,
		"50.0s ReplicaSet ai-agents/ai-agent-b FailedCreate Error creating: " + fullQuota + " (4 times more since 30.0s)",
		`1m00s StatefulSet ai-agents/db FailedCreate create Claim data-db-1 for Pod db-1 in StatefulSet db failed error: persistentvolumeclaims "data-db-1" is forbidden: no`,
	}, events, "at the time of the last, not when the run ends")
	assert.Equal(t, []stat.Value{5}, r.Values["workload.refused "+agent])
	assert.Equal(t, "requests.cpu in ResourceQuota compute", r.Capacity.Headroom[agent].Binding)
	var out strings.Builder
	require.NoError(t, page.WriteText(&out, r, words.TextOptions{Width: 400}))
	for _, line := range []string{
		"CAPACITY  the API server refuses pods to the end",
		"ai-agents/compute  pods                3     4     5",
		"ai-agents/compute  requests.cpu     750m  750m  900m",
		"ai-agents/compute  requests.memory   1Gi   1Gi   2Gi",
		agent + ": Pod refused 5 times, first at 30.0s, none to the end: " + fullQuota,
		agent + ": none, for lack of requests.cpu in ResourceQuota compute",
	} {
		assert.Contains(t, out.String(), line)
	}
	out.Reset()
	require.NoError(t, explain.Explain(&out, r, "Deployment/ai-agent", words.TextOptions{Width: 400}))
	assert.Contains(t, out.String(), "Pod refused 5 times")
	assert.Contains(t, out.String(), "Warning FailedCreate: Error creating: "+fullQuota)
}

// The next rollout needs a pod that the quota has no room for.
func TestFindingOfAQuotaWithoutRoomForTheSurge(t *testing.T) {
	f := refusedFinding(t, "surge-without-room", nil, func(tp *tape) {
		tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
		tp.add(record.Headroom{At: tp.at(2 * time.Hour), Workload: agent, Quota: "ai-agents/compute", Message: fullQuota})
	})
	require.NotNil(t, f)
	assert.Equal(t,
		"the namespace has no room for one more pod (requests.cpu in ResourceQuota compute), and with maxUnavailable 0 a rolling update needs it.", f.What)
}
