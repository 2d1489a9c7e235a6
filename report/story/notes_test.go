package story

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// What no Event tells is told in a note; a record that says nothing of it makes none.
func TestNotes(t *testing.T) {
	const s = sim.Time(1e9)
	for name, c := range map[string]struct {
		record record.Record
		note   string
	}{
		"a back-off": {record.ContainerWaiting{Pod: "d/p", Container: "c", Reason: "CrashLoopBackOff", Exit: 30 * s,
			Until: 50 * s},
			"BackOff of Pod d/p: container c waits until 50.0s: back-off 20s after its exit at 30.0s"},
		"another wait": {record.ContainerWaiting{Pod: "d/p", Container: "c", Reason: "ContainerCreating"}, ""},
		"a probe of a sync": {record.ProbePassed{Pod: "d/p", Container: "c", Probe: "readiness", Asked: true},
			"Probe of Pod d/p: container c is ready: readiness probe succeeded, by a probe that a sync of the pod asked for, out of turn"},
		"a tick": {record.ProbePassed{Pod: "d/p", Container: "c", Probe: "startup"},
			"Probe of Pod d/p: container c is started: startup probe succeeded, in its period"},
		"above its request": {record.PodEvicted{Pod: "d/p", Among: 3, Used: 300 << 20, Requested: 100 << 20, Priority: 7},
			"Evicted of Pod d/p: chosen among 3 pods: it used 300Mi, 200Mi more than it requests, at priority 7; of those that " +
				"use more than they request the lowest priority goes first, then who uses most above its request"},
		"just its request": {record.PodEvicted{Pod: "d/p", Among: 1, Used: 100 << 20, Requested: 100 << 20},
			"Evicted of Pod d/p: the only pod there: it used 100Mi of the 100Mi that it requests, at priority 0; none used " +
				"more than it requests"},
		"no statistics": {record.PodEvicted{Pod: "d/p", Among: 2, Unknown: true},
			"Evicted of Pod d/p: chosen among 2 pods: the node has no statistics of it, as none of its containers ran; such pods " +
				"go first"},
		"records of before": {record.PodEvicted{Pod: "d/p"}, ""},
		"taints": {record.NodeTainted{Node: "n", Taints: []string{"a:NoExecute", "b=c:NoSchedule"}},
			"Tainted of Node n: has the taints a:NoExecute, b=c:NoSchedule"},
		"no taints": {record.NodeTainted{Node: "n"}, "Tainted of Node n: has no taints any more"},
		"a lease": {record.NodeChanged{Node: "n", Phase: record.NodeNotReady, Lease: 58 * s},
			"Lease of Node n: its kubelet renewed its lease at 58.0s for the last time"},
		"a shutdown": {record.PodFinished{Pod: "d/p", Phase: "Failed", Reason: record.Terminated},
			"Terminated of Pod d/p: has ended with its node's shutdown"},
		"another end": {record.PodFinished{Pod: "d/p", Phase: "Failed"}, ""},
		"a rejection": {record.PodFinished{Pod: "d/p", Phase: "Failed", Reason: record.NodeShutdown}, ""},
		"no lease":    {record.NodeChanged{Node: "n", Phase: record.NodeNotReady}, ""},
		"pressure": {record.NodeChanged{Node: "n", Phase: record.NodePressed},
			"MemoryPressure of Node n: kubelet has insufficient memory available"},
		"relief": {record.NodeChanged{Node: "n", Phase: record.NodeRelieved},
			"MemoryPressure of Node n: kubelet has sufficient memory available"},
	} {
		t.Run(name, func(t *testing.T) {
			var story Story
			story.Tell(c.record, func(string) (result.Pod, []string) { return result.Pod{}, nil })
			var r result.Result
			story.Finish(&r)
			got := ""
			for _, n := range r.Notes {
				got += n.Reason + " of " + n.Object + ": " + n.Text
			}
			require.Equal(t, c.note, got)
		})
	}
}
