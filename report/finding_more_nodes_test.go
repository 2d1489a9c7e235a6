package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// How many nodes help, and of which pool, is what was tried; where nodes of none help,
// nobody is told to add one.
func TestMoreNodesAreTried(t *testing.T) {
	const short = "0/3 nodes are available: 3 Insufficient cpu."
	waits := func(message string, more ...record.MoreNodes) func(tp *tape) {
		return withPod(func(tp *tape) {
			tp.add(record.PodCreated{At: tp.at(0), Pod: "ai-agents/second", Owner: agent, Requests: record.Resources{CPU: 1}},
				record.PodUnschedulable{At: tp.at(0), Pod: "ai-agents/second", Reason: "Unschedulable", Message: message})
			for _, r := range more {
				r.At, r.Workload = tp.at(time.Minute), agent
				tp.add(r)
			}
		})
	}
	for _, test := range []struct {
		name, message, do string
		not               string
		more              []record.MoreNodes
	}{
		{"three of a pool", short, "Add 3 nodes to pool big or lower the requests of cpu.", "help",
			[]record.MoreNodes{{Pool: "big", Waiting: 6, Placed: 6, Nodes: 3}}},
		{"those of one pool take them all", short, "Add 4 nodes to pool big or", "help",
			[]record.MoreNodes{{Pool: "big", Waiting: 6, Placed: 6, Nodes: 4}, {Pool: "cpu", Waiting: 6, Placed: 5, Nodes: 1}}},
		{"more wait than were tried", short, "Add at least 50 nodes to pool big or", "help",
			[]record.MoreNodes{{Pool: "big", Waiting: 60, Placed: 50, Nodes: 50, Capped: true}}},
		{"none helps", short, "would not help. Lower the requests of cpu.", "node to pool",
			[]record.MoreNodes{{Pool: "big", Waiting: 1}, {Pool: "cpu", Waiting: 1}}},
		{"anti-affinity", "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
			"Add 2 nodes of aws/m7i.large to pool cpu or make the podAntiAffinity preferred.", "help",
			[]record.MoreNodes{{Pool: "cpu", Waiting: 2, Placed: 2, Nodes: 2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := only(t, foundBy(t, "unschedulable", nil, waits(test.message, test.more...)))
			require.Contains(t, text, test.do)
			require.NotContains(t, text, test.not)
		})
	}
}
