package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var agent = cluster.ObjectRef{Kind: "DaemonSet", NamespacedName: types.NamespacedName{Namespace: "default",
	Name: "agent"}}

// daemons is a DaemonSet agent on three nodes of 8 CPU: its pods are Ready 5 s
// after their start and gone 3 s after they are deleted.
func daemons(change func(*appsv1.DaemonSet), steps ...cluster.Step) *cluster.Spec {
	spec := recorded(0, 5, nil, steps...)
	pod := spec.Objects[0].(*appsv1.Deployment).Spec.Template
	pod.Labels = map[string]string{"app": "agent"}
	pod.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds = 3
	ds := &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "agent"},
		Spec:       appsv1.DaemonSetSpec{Template: pod, Selector: &metav1.LabelSelector{MatchLabels: pod.Labels}},
	}
	if change != nil {
		change(ds)
	}
	appsdefaults.SetObjectDefaults_DaemonSet(ds)
	spec.Objects = []runtime.Object{ds}
	return spec
}

// surging is maxSurge in place of maxUnavailable.
func surging(surge intstr.IntOrString, minReady int32) func(*appsv1.DaemonSet) {
	return func(ds *appsv1.DaemonSet) {
		none := intstr.FromInt32(0)
		ds.Spec.MinReadySeconds = minReady
		ds.Spec.UpdateStrategy = appsv1.DaemonSetUpdateStrategy{
			Type:          appsv1.RollingUpdateDaemonSetStrategyType,
			RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: &none, MaxSurge: &surge},
		}
	}
}

// onNodes are the events of pods by node, in whole seconds: "5 ready n-0".
func onNodes(t *testing.T, spec *cluster.Spec, from float64) (list []string) {
	t.Helper()
	for _, e := range podEvents(t, spec, from) {
		if e.what != "created" {
			list = append(list, fmt.Sprintf("%.0f %s %s", e.after.Seconds(), e.what, e.node))
		}
	}
	return list
}

func newAgentImage(seconds float64) cluster.Step {
	return step(seconds, cluster.SetImage{Target: agent, Container: "c", Image: "app:v2"})
}

func TestEveryNodeHasADaemonPod(t *testing.T) {
	spec := daemons(func(ds *appsv1.DaemonSet) { ds.Spec.Template.Spec.NodeSelector = map[string]string{"pool": "a"} })
	spec.Nodes[0].Labels["pool"], spec.Nodes[2].Labels["pool"] = "a", "a"
	spec.Nodes[2].Spec.Unschedulable = true // which daemon pods tolerate
	joins := spec.Nodes[0].DeepCopy()
	joins.Name, joins.Labels[v1.LabelHostname] = "n-3", "n-3"
	spec.Pools["n-3"] = spec.Pools["n-0"]
	spec.Timeline = []cluster.Step{step(60, cluster.NodeAdd{Nodes: []*v1.Node{joins}})}
	list := onNodes(t, spec, 0)
	require.ElementsMatch(t, []string{"0 bound n-0", "0 bound n-2"}, list[:2])
	require.Equal(t, []string{"60 bound n-3", "65 ready n-3"}, list[4:])
	require.Equal(t, int32(2), spec.Header().Workloads[0].Replicas)
	for _, r := range play(t, spec, 0) {
		if scaled, is := r.(record.Scaled); is {
			require.Equal(t, "2 to 3 by nodes", fmt.Sprintf("%d to %d by %s", scaled.From, scaled.To, scaled.By))
			require.Equal(t, "default/DaemonSet/agent", scaled.Workload)
			require.GreaterOrEqual(t, scaled.T, at(60))
			return
		}
	}
	t.Fatal("nobody says that three nodes should run a pod")
}

// One pod after the other goes, in a random order of the nodes; the next when
// the one before is available.
func TestARollingUpdateTakesTheNodesOneByOne(t *testing.T) {
	orders := map[string]bool{}
	for seed := range uint64(12) {
		spec := daemons(nil, newAgentImage(100))
		spec.Seed = seed
		list := onNodes(t, spec, 100)
		require.Len(t, list, 12)
		var order []string
		for i := 0; i < 12; i += 4 {
			node := strings.Fields(list[i])[2]
			begin := i / 4 * 8
			require.Equal(t, []string{
				fmt.Sprintf("%d rollout %s", begin, node), fmt.Sprintf("%d gone %s", begin+3, node),
				fmt.Sprintf("%d bound %s", begin+3, node), fmt.Sprintf("%d ready %s", begin+8, node),
			}, list[i:i+4])
			order = append(order, node)
		}
		orders[strings.Join(order, " ")] = true
	}
	require.Greater(t, len(orders), 3, "the order is chance: %v", orders)
}

func TestRolloutsOfADaemonSetAreRecorded(t *testing.T) {
	spec := daemons(nil, newAgentImage(100), step(200, cluster.Rollout{Target: agent, Verb: cluster.Undo}),
		step(300, cluster.Rollout{Target: agent, Verb: cluster.Restart}),
		step(400, cluster.Rollout{Target: agent, Verb: cluster.Pause}),
		step(410, cluster.Delete{Target: agent}))
	spec.Duration = 500 * time.Second
	var turns, images, said []string
	revisions := map[string]bool{}
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.Rollout:
			turns, images = append(turns, fmt.Sprintf("%.0f %s", r.T.Seconds(), r.Phase)), append(images, r.Images[0])
			revisions[r.Revision] = true
		case record.Step:
			said = append(said, saidOf(r))
		}
	}
	require.Equal(t, []string{"0 started", "5 complete", "100 started", "124 complete", "200 started", "224 complete",
		"300 started", "324 complete"}, turns)
	require.Equal(t, []string{"app:v1", "app:v1", "app:v2", "app:v2", "app:v1", "app:v1", "app:v1", "app:v1"}, images)
	require.Len(t, revisions, 3, "the undo goes back to the first")
	require.Equal(t, `rollout pause DaemonSet agent: daemonsets.apps "agent" pausing is not supported`, said[3])
	require.Equal(t, "delete DaemonSet agent", said[4])
	list := onNodes(t, spec, 410)
	require.Len(t, list, 6)
	require.Equal(t, []string{"0 owner-deleted", "3 gone"}, []string{list[0][:15], list[5][:6]})
}

func TestDrainAndDaemonPods(t *testing.T) {
	web := drained(5, cluster.Drain{}).Objects[0]
	for ignore, want := range map[bool][]string{
		true: {
			"drain node n-0: ignoring DaemonSet-managed Pods: default/agent-", "drain node n-0", "drain node n-0: pod/web-",
			"drain node n-0: pod/web-", "drain node n-0: node/n-0 drained",
		},
		false: {
			`drain node n-0: unable to drain node "n-0" due to error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/agent-`},
	} {
		spec := daemons(nil, step(100, cluster.Drain{Node: "n-0", IgnoreDaemonSets: ignore}))
		spec.Objects = append(spec.Objects, web)
		var said []string
		for _, r := range play(t, spec, 0) {
			switch r := r.(type) {
			case record.Step:
				said = append(said, saidOf(r))
			case record.PodDeleting:
				require.Contains(t, r.Pod, "default/web-")
				require.True(t, ignore)
			}
		}
		require.Len(t, said, len(want), "%q", said)
		for i := range want {
			require.True(t, strings.HasPrefix(said[i], want[i]), "%q", said)
		}
	}
	// The pods of a DaemonSet that is being deleted have no controller any more.
	spec := daemons(nil, step(100, cluster.Delete{Target: agent}),
		step(101, cluster.Drain{Node: "n-0", IgnoreDaemonSets: true}))
	records := play(t, spec, 0)
	last := slices.IndexFunc(records, func(r record.Record) bool {
		s, is := r.(record.Step)
		return is && strings.Contains(s.Error,
			`due to error: cannot delete daemonsets.apps "agent" not found: default/agent-`)
	})
	require.Positive(t, last)
}

// A budget with maxUnavailable can't be worked out for pods of a DaemonSet,
// which has no scale, and lets none of them go; a number of them it can count.
func TestABudgetOfDaemonPods(t *testing.T) {
	for _, c := range []struct {
		budget  policyv1.PodDisruptionBudgetSpec
		refused bool
	}{
		{policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &intstr.IntOrString{IntVal: 3}}, true},
		{policyv1.PodDisruptionBudgetSpec{MinAvailable: &intstr.IntOrString{IntVal: 1}}, false},
	} {
		spec := daemons(nil)
		c.budget.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "agent"}}
		spec.Objects = append(spec.Objects, &policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "agent", Generation: 1}, Spec: c.budget})
		w, err := cluster.New(spec, 0, &record.Memory{})
		require.NoError(t, err)
		require.NoError(t, w.Run(t.Context()))
		message := w.Evict("default", "agent-")
		require.Equal(t, c.refused, message != "", message)
		w.Close()
	}
}
