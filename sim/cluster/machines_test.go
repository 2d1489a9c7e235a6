package cluster_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
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

func TestADeploymentReplacesThePodsOfAFailedNodeAfterTheirToleration(t *testing.T) {
	spec := recorded(3, 5, nil, step(100, cluster.NodeFail{Node: "n-0"}), step(600, cluster.NodeRecover{Node: "n-0"}))
	spec.Duration = 700 * time.Second
	where := onNode(t, spec, 100)
	_, times := nodeTurns(t, spec, 100)
	var course []string
	var at300 []float64
	for _, r := range play(t, spec, 0) {
		after := r.(interface{ When() record.At }).When().T - at(100)
		if after < 0 {
			continue
		}
		switch r := r.(type) {
		case record.PodReady:
			if !r.Ready && where[r.Pod] == "n-0" {
				course = append(course, "unready")
				at300 = append(at300, after.Seconds())
			} else if r.Ready {
				course = append(course, "ready")
			}
		case record.PodDeleting:
			require.Equal(t, "n-0", where[r.Pod])
			course = append(course, string(r.Reason))
			at300 = append(at300, after.Seconds())
		case record.PodCreated:
			course = append(course, "created")
		case record.PodGone:
			require.Equal(t, "n-0", where[r.Pod])
			course = append(course, "gone")
			at300 = append(at300, after.Seconds())
		case record.ContainerExited:
			require.Equal(t, record.MachineStopped, r.Cause)
			require.Zero(t, after)
		}
	}
	require.Equal(t, []string{"unready", "tainted", "created", "ready", "gone"}, course)
	require.InDelta(t, times[1]+0.01, at300[0], 0.001) // the write after the node's
	require.InDelta(t, times[1]+300, at300[1], 0.25)   // the taint comes with the next pass
	require.InDelta(t, 500, at300[2], 0.1)             // when the node is back
}

func TestAStatefulSetDoesNotReplaceAPodThatTerminatesOnAFailedNode(t *testing.T) {
	fail, back := step(100, cluster.NodeFail{Node: "n-0"}), step(600, cluster.NodeRecover{Node: "n-0"})
	spec := stateful(2, nil, fail)
	spec.Duration = 900 * time.Second
	require.Equal(t, "n-0", onNode(t, spec, 100)["default/db-0"])
	list := told(t, spec, 100)
	require.Len(t, list, 2)
	require.Contains(t, list[0], "unready db-0")
	require.Contains(t, list[1], "tainted db-0")

	spec.Timeline = append(spec.Timeline, back)
	require.Equal(t, []string{"500 gone db-0", "500 created db-0", "505 ready db-0"}, told(t, spec, 100)[2:])
}

func TestOutOfServiceSetsAStatefulSetsPodFree(t *testing.T) {
	taint := cluster.Taint{
		Node: "n-0", Add: []v1.Taint{{Key: v1.TaintNodeOutOfService, Value: "nodeshutdown", Effect: v1.TaintEffectNoExecute}}}
	spec := stateful(2, nil, step(100, cluster.NodeFail{Node: "n-0"}), step(200, taint))
	spec.Duration = 300 * time.Second
	list := told(t, spec, 200)
	require.Equal(t, "0 tainted db-0", list[0])
	require.Len(t, list, 4, "%v", list)
	var gone, created float64
	_, err := fmt.Sscanf(list[1]+list[2], "%f gone db-0%f created db-0", &gone, &created)
	require.NoError(t, err, "%v", list)
	require.LessOrEqual(t, gone, 20.0) // the collector's period
	require.InDelta(t, gone, created, 1)
	require.NotEqual(t, "n-0", onNode(t, spec, 300)["default/db-0"])
}

func TestAPodOutlivesAShortFailureWithOneRestart(t *testing.T) {
	spec := stateful(1, nil, step(100, cluster.NodeFail{Node: "n-0"}), step(130, cluster.NodeRecover{Node: "n-0"}))
	spec.Duration = 600 * time.Second
	require.Equal(t, []string{"30 unready db-0", "35 ready db-0"}, told(t, spec, 100))
	turns, _ := nodeTurns(t, spec, 100)
	require.Equal(t, []string{"failed n-0", "recovered n-0"}, turns)
	for _, r := range play(t, spec, 0) {
		if started, is := r.(record.ContainerStarted); is && started.T > at(100) {
			require.EqualValues(t, 1, started.Restarts)
		}
	}
}

func TestAPodThatToleratesNothingLeavesWithTheTaint(t *testing.T) {
	spec := recorded(3, 5, nil, step(100, cluster.NodeFail{Node: "n-0"}))
	zero := int64(0)
	templateOf(spec).Spec.Tolerations = []v1.Toleration{{Key: v1.TaintNodeUnreachable, Operator: v1.TolerationOpExists,
		Effect: v1.TaintEffectNoExecute, TolerationSeconds: &zero}}
	_, times := nodeTurns(t, spec, 100)
	left := 0
	for _, r := range play(t, spec, 0) {
		if deleting, is := r.(record.PodDeleting); is {
			left++
			require.InDelta(t, times[1], (deleting.T - at(100)).Seconds(), 0.25)
		}
	}
	require.Equal(t, 1, left)
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

func TestAPendingPodGetsTheNodeThatJoins(t *testing.T) {
	list := v1.ResourceList{v1.ResourceCPU: resource.MustParse("8"), v1.ResourceMemory: resource.MustParse("8Gi"),
		v1.ResourcePods: resource.MustParse("110")}
	joins := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n-3", Annotations: played,
		Labels: map[string]string{v1.LabelHostname: "n-3"}}, Status: v1.NodeStatus{Capacity: list, Allocatable: list}}
	spec := recorded(4, 5, nil, step(60, cluster.NodeAdd{Nodes: []*v1.Node{joins}}))
	templateOf(spec).Spec.Containers[0].Resources.Requests[v1.ResourceCPU] = resource.MustParse("5")
	spec.Pools["n-3"] = "cpu"
	require.Len(t, onNode(t, spec, 60), 3)
	bound := onNode(t, spec, 70)
	require.Len(t, bound, 4)
	require.Contains(t, fmt.Sprint(bound), "n-3")
	require.Equal(t, at(60), spec.Header().Nodes[3].Joins)
}

func TestKilledPodsGoAtOnceAndAreReplaced(t *testing.T) {
	spec := recorded(4, 5, nil, step(60, cluster.PodKill{Target: web, Count: 2}))
	var course []string
	for _, r := range play(t, spec, 0) {
		after := r.(interface{ When() record.At }).When().T - at(60)
		if after < 0 {
			continue
		}
		switch r := r.(type) {
		case record.ContainerExited:
			require.EqualValues(t, 137, r.ExitCode)
			require.Contains(t, []sim.Time{0, sim.Time(manager.CallTime)}, after, "one request after the other")
		case record.PodDeleting:
			course = append(course, string(r.Reason))
		case record.PodGone:
			require.Contains(t, []sim.Time{0, sim.Time(manager.CallTime)}, after)
		case record.PodCreated:
			course = append(course, "created")
		case record.Step:
			require.Equal(t, 2, strings.Count(r.Text, "web-"))
		}
	}
	require.Equal(t, []string{"killed", "killed", "created", "created"}, course)
}

func TestActionsOnNodesThatDoNotFitSayWhatKubectlWould(t *testing.T) {
	spec := recorded(1, 5, nil, step(10, cluster.NodeRecover{Node: "n-0"}), step(11, cluster.NodeFail{Node: "n-0"}),
		step(12, cluster.NodeFail{Node: "n-0"}),
		step(13, cluster.NodeRemove{Node: "n-0"}), step(14, cluster.NodeFail{Node: "n-0"}),
		step(15, cluster.PodKill{Target: db, Count: 1}))
	var texts []string
	for _, r := range play(t, spec, 0) {
		if s, is := r.(record.Step); is {
			texts = append(texts, saidOf(s))
		}
	}
	require.Equal(t, []string{
		`node recover n-0: node "n-0" is not down`, "node fail n-0", `node fail n-0: node "n-0" is down already`,
		"node remove n-0", `node fail n-0: nodes "n-0" not found`,
		"pod kill StatefulSet db: No resources found in default namespace.",
	}, texts)
}

func templateOf(spec *cluster.Spec) *v1.PodTemplateSpec {
	return &spec.Objects[0].(*appsv1.Deployment).Spec.Template
}

// The monitor takes it for a failure of its own when no node at all answers.
func TestNothingIsEvictedWhenAllMachinesFail(t *testing.T) {
	var fail, remove []cluster.Step
	for i := range 3 {
		fail = append(fail, step(100, cluster.NodeFail{Node: fmt.Sprintf("n-%d", i)}))
		remove = append(remove, step(100, cluster.NodeRemove{Node: fmt.Sprintf("n-%d", i)}))
	}
	spec := recorded(3, 5, nil, fail...)
	spec.Duration = 900 * time.Second
	list := told(t, spec, 100)
	require.Len(t, list, 3)
	for _, l := range list {
		require.Contains(t, l, "unready")
	}

	spec = recorded(3, 5, nil, remove...)
	spec.Duration = 900 * time.Second
	list = told(t, spec, 100)
	require.Len(t, list, 9, "%v", list) // orphaned, gone, created, which wait
	for _, r := range play(t, spec, 0) {
		if waits, is := r.(record.PodUnschedulable); is {
			require.Contains(t, waits.Message, "no nodes available")
		}
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
