package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// drained is the recorded case: six pods on three nodes of 4 CPU, Ready 10 s
// after their start, gone 3 s after they are deleted, under a budget.
func drained(minAvailable int32, d cluster.Drain) *cluster.Spec {
	labels := map[string]string{"app": "web"}
	replicas := int32(6)
	web := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: v1.PodSpec{Containers: []v1.Container{{
					Name: "c", Image: "app:v1",
					Lifecycle: &v1.Lifecycle{PreStop: &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: 3}}},
					ReadinessProbe: &v1.Probe{
						ProbeHandler: v1.ProbeHandler{TCPSocket: &v1.TCPSocketAction{Port: intstr.FromInt32(80)}}, PeriodSeconds: 1},
					Resources: v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceCPU: resource.MustParse("1")}},
				}}}}},
	}
	appsdefaults.SetObjectDefaults_Deployment(web)
	pdb := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", Generation: 1}}
	least := intstr.FromInt32(minAvailable)
	pdb.Spec = policyv1.PodDisruptionBudgetSpec{MinAvailable: &least, Selector: &metav1.LabelSelector{MatchLabels: labels}}
	spec := &cluster.Spec{
		Name: "drain", Seed: 1, Replications: 1, Duration: 2 * time.Minute,
		Pools: map[string]string{}, Latencies: cluster.DefaultLatencies(), Objects: []runtime.Object{web, pdb},
		Workloads: []cluster.Workload{
			{Behaviour: kubelet.Behaviour{Start: distribution.Constant(9.5), Memory: kubelet.Memory{Base: 1 << 20}}}},
		Timeline: []cluster.Step{{At: sim.Time(30 * time.Second), Action: d}},
	}
	for i := range 3 {
		list := v1.ResourceList{v1.ResourceCPU: resource.MustParse("4"), v1.ResourceMemory: resource.MustParse("8Gi"),
			v1.ResourcePods: resource.MustParse("110")}
		name := fmt.Sprintf("n-%d", i)
		spec.Nodes = append(spec.Nodes,
			&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: played,
				Labels: map[string]string{v1.LabelHostname: name}},
				Status: v1.NodeStatus{Capacity: list, Allocatable: list, Conditions: []v1.NodeCondition{
					{Type: v1.NodeReady, Status: v1.ConditionTrue}}}})
		spec.Pools[name] = "cpu"
	}
	return spec
}

// TestDrainUnderABudget is the real thing's course: one pod goes at once, the
// other is refused every 5 s until a pod elsewhere is Ready, 10 s later, and
// goes at 15 s; kubectl sees each of them gone up to a second late.
func TestDrainUnderABudget(t *testing.T) {
	var evicted []sim.Time
	var said []string
	start := sim.Time(30 * time.Second)
	for _, r := range play(t, drained(5, cluster.Drain{Node: "n-0"}), 0) {
		switch r := r.(type) {
		case record.PodDeleting:
			require.Equal(t, record.Evicted, r.Reason)
			evicted = append(evicted, r.T-start)
		case record.Step:
			said = append(said, fmt.Sprintf("%.0f", (r.T-start).Seconds()))
		}
	}
	require.Len(t, evicted, 2)
	// Each request takes 5 ms to 17 ms.
	require.InDelta(t, 0, evicted[0].Seconds(), 0.02)
	require.InDelta(t, 15, evicted[1].Seconds(), 0.08)
	// The step itself, the refusal, both evicted, the node drained.
	require.Equal(t, []string{"0", "0", "4", "19", "19"}, said)
}

// saidOf is what a step says, with the answer to one that failed.
func saidOf(s record.Step) string {
	if s.Error != "" {
		return s.Text + ": " + s.Error
	}
	return s.Text
}

// outcome is the last that a drain says, and how it ended.
func outcome(t *testing.T, spec *cluster.Spec) (record.Step, record.Drained) {
	t.Helper()
	var last record.Step
	var end []record.Drained
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.Step:
			last = r
		case record.Drained:
			end = append(end, r)
		}
	}
	require.Len(t, end, 1)
	require.Equal(t, last.T, end[0].T)
	require.Equal(t, last.Error, end[0].Error)
	require.Equal(t, sim.Time(30*time.Second), end[0].Since)
	return last, end[0]
}

// TestDrainThatCannotFinish ends with its time-out and kubectl's words, and with
// the budget that was in its way.
func TestDrainThatCannotFinish(t *testing.T) {
	spec := drained(6, cluster.Drain{Node: "n-1", Timeout: 20 * time.Second})
	spec.Timeline[0].Source = "s.yaml:7"
	last, end := outcome(t, spec)
	require.InDelta(t, 50, last.T.Seconds(), 0.1)
	require.Equal(t, "drain node n-1", last.Text)
	require.Contains(t, last.Error, `unable to drain node "n-1" due to error: [error when evicting pods/"web-`)
	require.Contains(t, last.Error, "global timeout reached: 20s")
	require.Equal(t, "s.yaml:7", last.Source)
	require.Equal(t, 1, last.Index)
	require.Equal(t, []string{"Node n-1", "PodDisruptionBudget default/web"}, last.Objects)
	require.Len(t, end.Left, 2)
	for _, left := range end.Left {
		require.Contains(t, left.Pod, "default/web-")
		require.Equal(t, []string{"default/web"}, left.Budgets)
		require.Equal(t, "The disruption budget web needs 6 healthy pods and has 6 currently", left.Message)
		require.Zero(t, left.Terminating)
	}
}

// A drain that gives up waits for pods that terminate, too.
func TestDrainThatGivesUpPodsThatTerminate(t *testing.T) {
	_, end := outcome(t, drained(5, cluster.Drain{Node: "n-0", Timeout: 2 * time.Second}))
	require.InDelta(t, 35, end.T.Seconds(), 0.05, "kubectl sleeps 5 s after a refusal, whatever its time-out")
	require.Len(t, end.Left, 2)
	_, end = outcome(t, drained(4, cluster.Drain{Node: "n-0", Timeout: 2 * time.Second}))
	require.InDelta(t, 32, end.T.Seconds(), 0.05)
	require.Len(t, end.Left, 2)
	for _, left := range end.Left {
		require.Empty(t, left.Budgets)
		require.Equal(t, sim.Time(2*time.Second), left.Terminating)
		require.Equal(t, sim.Time(30*time.Second), left.Grace)
	}
}

func TestDrainThatEndsLeavesNothing(t *testing.T) {
	last, end := outcome(t, drained(5, cluster.Drain{Node: "n-0"}))
	require.Equal(t, "drain node n-0: node/n-0 drained", last.Text)
	require.Empty(t, end.Left)
	require.Empty(t, end.Error)
}
