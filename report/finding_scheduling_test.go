package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

const (
	noMatch  = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
	cordoned = "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable."
	full     = "0/3 nodes are available: 3 Insufficient cpu."
)

// waiting is a pod that the scheduler refuses, each minute with the next message.
func waiting(requests record.Resources, messages ...string) func(*tape) {
	return func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent, Revision: "b", Requests: requests})
		for i, m := range messages {
			tp.add(record.PodUnschedulable{At: tp.at(time.Duration(i) * time.Minute), Pod: webPod, Reason: "Unschedulable",
				Message: m})
		}
	}
}

// A cordon or a taint that came later is not what keeps a pod away that no node
// took before.
func TestAdvisesByWhatKeptThePodAwayAtFirst(t *testing.T) {
	for _, c := range []struct {
		name     string
		messages []string
		want     string
	}{
		{"the same to the end", []string{noMatch}, "Label nodes to match its nodeSelector or affinity."},
		{"a later cordon", []string{noMatch, cordoned}, "Label nodes to match its nodeSelector or affinity."},
		{"a cordon from the start", []string{cordoned, cordoned},
			"Label nodes to match its nodeSelector or affinity; or tolerate the taint; or uncordon a node."},
		{"something else than at first", []string{full, noMatch}, "Label nodes to match its nodeSelector or affinity."},
	} {
		found := foundBy(t, "unschedulable", nil, waiting(record.Resources{CPU: 1}, c.messages...))
		require.Len(t, found, 1, c.name)
		assert.Equal(t, c.want, found[0].Change, c.name)
	}
}

func TestFindsAnExtendedResourceThatNoNodeHas(t *testing.T) {
	text := only(t, foundBy(t, "unschedulable", nil,
		waiting(record.Resources{CPU: 1, Extended: map[string]float64{"example.com/foo": 2}},
			"0/3 nodes are available: 3 Insufficient example.com/foo.")))
	assert.Contains(t, text,
		"no node can ever hold it: it requests 2 of example.com/foo, the largest node has 0. Drop the requests of example.com/foo or add an instance type that has it.")
}

// Old pods are no obstacle to a new one that no node takes anyway.
func TestRolloutsOfPodsThatNoNodeTakes(t *testing.T) {
	rollout := func(requests record.Resources, messages ...string) func(*tape) {
		return func(tp *tape) {
			tp.podUp("ai-agents/old", agent, "a", "cpu-1", 0, 0, true)
			tp.add(started(tp, 0, "a"), record.Rollout{At: tp.at(time.Second), Workload: agent, Phase: "complete",
				Revision: "a"}, started(tp, 0, "b"))
			waiting(requests, messages...)(tp)
		}
	}
	for _, c := range []struct {
		name     string
		requests record.Resources
		messages []string
		want     string
	}{
		{"room that the old pods take", record.Resources{CPU: 1}, []string{full}, "Set maxUnavailable: 1 and maxSurge: 0"},
		{"more than any node has", record.Resources{CPU: 7}, []string{full}, "Lower requests of cpu to at most 1.93"},
		{"no node is meant", record.Resources{CPU: 1}, []string{noMatch, cordoned},
			"Label nodes to match its nodeSelector or affinity."},
	} {
		found := foundBy(t, "rollout-without-room", nil, rollout(c.requests, c.messages...))
		require.Len(t, found, 1, c.name)
		assert.Contains(t, found[0].Change, c.want, c.name)
	}
}
