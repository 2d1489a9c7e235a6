package cluster_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// nodeTurns are the turns of nodes: "0 failed n-0".
func nodeTurns(t *testing.T, spec *cluster.Spec, from float64) (list []string, times []float64) {
	t.Helper()
	for _, r := range play(t, spec, 0) {
		if turn, is := r.(record.NodeChanged); is {
			list = append(list, string(turn.Phase)+" "+turn.Node)
			times = append(times, (turn.T - at(from)).Seconds())
		}
	}
	return list, times
}

func onNode(t *testing.T, spec *cluster.Spec, until float64) map[string]string {
	t.Helper()
	nodes := map[string]string{}
	for _, r := range play(t, spec, 0) {
		if bound, is := r.(record.PodScheduled); is && bound.T < at(until) {
			nodes[bound.Pod] = bound.Node
		}
	}
	return nodes
}

func step(seconds float64, a cluster.Action) cluster.Step {
	return cluster.Step{At: at(seconds), Action: a}
}

// A silent kubelet is found out at the monitor's first look 50 s after the one
// that saw its last lease: leases come every 10 s, looks every 5 s.
func TestASilentNodeTurnsNotReadyWithinItsGracePeriod(t *testing.T) {
	for seed := range uint64(20) {
		spec := recorded(3, 5, nil, step(100, cluster.NodeFail{Node: "n-0"}), step(300, cluster.NodeRecover{Node: "n-0"}))
		spec.Seed, spec.Duration = seed, 400*time.Second
		turns, times := nodeTurns(t, spec, 100)
		require.Equal(t, []string{"failed n-0", "not-ready n-0", "recovered n-0", "ready n-0"}, turns)
		require.Greater(t, times[1], 40.0)
		require.Less(t, times[1], 60.0)
		require.InDelta(t, 200, times[3], 0.1)
	}
}

// 40 s of quarantine, looked at every 20 s: the pods of a node that is gone
// stay for 40 s to 80 s.
func TestPodsOfARemovedNodeAreCollected(t *testing.T) {
	for seed := range uint64(10) {
		spec := stateful(3, nil, step(100, cluster.NodeRemove{Node: "n-1"}))
		spec.Seed, spec.Duration = seed, 300*time.Second
		list := told(t, spec, 100)
		require.Len(t, list, 4, "%v", list)
		var seconds float64
		_, err := fmt.Sscanf(list[0], "%f orphaned", &seconds)
		require.NoError(t, err, list[0])
		require.GreaterOrEqual(t, seconds, 40.0)
		require.LessOrEqual(t, seconds, 81.0)
		require.Contains(t, list[1], "gone")
		require.Contains(t, list[2], "created")
		require.Contains(t, list[3], "ready")
	}
}

// Machines of a zone go one by one: 0.1 a second get the taint that evicts.
func TestPodsOfSeveralFailedMachinesAreEvictedOneMachineAfterTheOther(t *testing.T) {
	spec := recorded(9, 5, nil, step(100, cluster.NodeFail{Node: "n-0"}), step(100, cluster.NodeFail{Node: "n-1"}))
	for i := range 6 { // so that two of nine don't make the zone unhealthy
		joins := spec.Nodes[0].DeepCopy()
		joins.Name = fmt.Sprintf("n-%d", 3+i)
		joins.Labels = map[string]string{v1.LabelHostname: joins.Name}
		spec.Nodes, spec.Pools[joins.Name] = append(spec.Nodes, joins), "cpu"
	}
	spec.Duration = 600 * time.Second
	where := onNode(t, spec, 100)
	first := map[string]float64{}
	for _, r := range play(t, spec, 0) {
		if deleting, is := r.(record.PodDeleting); is {
			if _, seen := first[where[deleting.Pod]]; !seen {
				first[where[deleting.Pod]] = deleting.T.Seconds()
			}
		}
	}
	require.Len(t, first, 2)
	require.InDelta(t, 10, math.Abs(first["n-0"]-first["n-1"]), 0.2)
}

// Requests go to a dead pod until its node is NotReady and the proxies know.
func TestEndpointsOfAFailedNodeLeaveWhenItIsNotReady(t *testing.T) {
	spec := recorded(3, 5, nil, step(100, cluster.NodeFail{Node: "n-0"}))
	spec.Workloads[0].Server = load.Server{Program: []load.Step{load.Work{Time: distribution.Constant(0.01)}},
		Concurrency: 32, Queue: 32}
	spec.Objects = append(spec.Objects, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: v1.ServiceSpec{Selector: map[string]string{"app": "web"},
			Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(80)}}},
	})
	spec.Traffic = []load.Traffic{{Name: "t", Namespace: "default", Service: "web", Rate: load.Constant{PerSecond: 50}}}
	var notReady, left sim.Time
	refused, last := int64(0), sim.Time(0)
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.NodeChanged:
			if r.Phase == "not-ready" {
				notReady = r.T
			}
		case record.Endpoints:
			if r.T > at(100) {
				left = r.T
			}
		case record.Requests:
			if r.From >= at(100) {
				refused += r.Failed[record.Refused]
			}
			if r.Failed[record.Refused] > 0 {
				last = max(last, r.From)
			}
		}
	}
	require.InDelta(t, 0.121, (left - notReady).Seconds(), 0.001) // the write of the pod, EndpointSlice and proxy
	seconds := (left - at(100)).Seconds()
	require.InEpsilon(t, 50*seconds/3, float64(refused), 0.15)
	require.LessOrEqual(t, last, left)
}
