package cluster_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var db = cluster.ObjectRef{Kind: "StatefulSet", NamespacedName: types.NamespacedName{Namespace: "default", Name: "db"}}

// stateful is a StatefulSet db on three nodes of 8 CPU: its pods are Ready 5 s
// after their start and gone 3 s after they are deleted.
func stateful(replicas int32, change func(*appsv1.StatefulSet), steps ...cluster.Step) *cluster.Spec {
	spec := recorded(0, 5, nil, steps...)
	pod := spec.Objects[0].(*appsv1.Deployment).Spec.Template
	pod.Labels = map[string]string{"app": "db"}
	pod.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds = 3
	set := &appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, ServiceName: "db", Template: pod, Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
		},
	}
	if change != nil {
		change(set)
	}
	appsdefaults.SetObjectDefaults_StatefulSet(set)
	spec.Objects = []runtime.Object{set}
	return spec
}

// told are the events of pods, in whole seconds: "5 ready db-0".
func told(t *testing.T, spec *cluster.Spec, from float64) (list []string) {
	t.Helper()
	for _, e := range podEvents(t, spec, from) {
		if e.what != "bound" {
			list = append(list, fmt.Sprintf("%.0f %s %s", e.after.Seconds(), e.what, e.pod))
		}
	}
	return list
}

func newDBImage(seconds float64) cluster.Step {
	return cluster.Step{At: at(seconds), Action: cluster.SetImage{Target: db, Container: "c", Image: "app:v2"}}
}

func TestOrderedReadyStartsAPodWhenTheOneBeforeIsReady(t *testing.T) {
	require.Equal(t, []string{
		"0 created db-0", "5 ready db-0", "5 created db-1", "10 ready db-1", "10 created db-2", "15 ready db-2",
	}, told(t, stateful(3, nil), 0))
}

func TestParallelStartsAllPodsAtOnceAndScalesDownAtOnce(t *testing.T) {
	parallel := func(s *appsv1.StatefulSet) { s.Spec.PodManagementPolicy = appsv1.ParallelPodManagement }
	scale := cluster.Step{At: at(60), Action: cluster.Scale{Target: db, Replicas: 1}}
	list := told(t, stateful(3, parallel, scale), 0)
	require.Equal(t, []string{"0 created db-0", "0 created db-1", "0 created db-2"}, list[:3])
	require.ElementsMatch(t, []string{"5 ready db-0", "5 ready db-1", "5 ready db-2"}, list[3:6])
	require.Equal(t, []string{"60 scale-down db-2", "60 scale-down db-1"}, list[6:8])
	require.ElementsMatch(t, []string{"63 gone db-2", "63 gone db-1"}, list[8:])
}

func TestOrderedScaleDownWaitsForEachPodToBeGone(t *testing.T) {
	scale := cluster.Step{At: at(60), Action: cluster.Scale{Target: db, Replicas: 1}}
	require.Equal(t, []string{
		"0 scale-down db-2", "3 gone db-2", "3 scale-down db-1", "6 gone db-1",
	}, told(t, stateful(3, nil, scale), 60))
}

func TestPartitionKeepsLowerOrdinalsAtTheOldRevision(t *testing.T) {
	two := int32(2)
	partition := func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: &two}
	}
	spec := stateful(4, partition, newDBImage(60))
	revisions, complete := map[string]string{}, []float64{}
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.PodCreated:
			revisions[r.Pod] = r.Revision
		case record.Rollout:
			if r.Phase == "complete" {
				complete = append(complete, r.T.Seconds())
			}
		}
	}
	require.Equal(t, revisions["default/db-0"], revisions["default/db-1"])
	require.Equal(t, revisions["default/db-2"], revisions["default/db-3"])
	require.NotEqual(t, revisions["default/db-1"], revisions["default/db-2"])
	require.InDeltaSlice(t, []float64{20, 76}, complete, 0.5)
	require.Equal(t, []string{
		"0 rollout db-3", "3 gone db-3", "3 created db-3", "8 ready db-3", "8 rollout db-2", "11 gone db-2",
		"11 created db-2", "16 ready db-2",
	}, told(t, spec, 60))
}

func TestUndoBringsTheTemplateOfTheRevisionBeforeBack(t *testing.T) {
	undo := cluster.Step{At: at(60), Action: cluster.Rollout{Target: db, Verb: cluster.Undo}}
	var revisions []string
	for _, r := range play(t, stateful(1, nil, newDBImage(20), undo), 0) {
		if created, is := r.(record.PodCreated); is {
			revisions = append(revisions, created.Revision)
		}
	}
	require.Len(t, revisions, 3)
	require.Equal(t, revisions[0], revisions[2])
	require.NotEqual(t, revisions[0], revisions[1])
}

func TestAStatefulSetMadeAnewWaitsForTheOldPodsNames(t *testing.T) {
	spec := stateful(1, nil, cluster.Step{At: at(20), Action: cluster.Delete{Target: db}})
	spec.Timeline = append(spec.Timeline, cluster.Step{At: at(21), Action: cluster.Apply{Objects: spec.Objects}})
	// Refused at 21 s and, after ever longer waits, up to 23.56 s.
	require.Equal(t, []string{"0 owner-deleted db-0", "3 gone db-0", "4 created db-0", "9 ready db-0"}, told(t, spec, 20))
}

func TestClaimsHoldNoPodBackAndAreMadeAnewWhenThePolicyGaveThemUp(t *testing.T) {
	claimed := func(s *appsv1.StatefulSet) {
		s.Spec.VolumeClaimTemplates = []v1.PersistentVolumeClaim{
			{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: v1.PersistentVolumeClaimSpec{
				AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
				Resources: v1.VolumeResourceRequirements{
					Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}},
			}}}
		s.Spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
			WhenDeleted: appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
			WhenScaled:  appsv1.DeletePersistentVolumeClaimRetentionPolicyType}
	}
	steps := []cluster.Step{
		{At: at(30), Action: cluster.Scale{Target: db, Replicas: 1}},
		{At: at(40), Action: cluster.Scale{Target: db, Replicas: 2}},
		{At: at(60), Action: cluster.Delete{Target: db}},
	}
	list := told(t, stateful(2, claimed, steps...), 0)
	require.Equal(t, []string{
		"0 created db-0", "5 ready db-0", "5 created db-1", "10 ready db-1", "30 scale-down db-1", "33 gone db-1",
		"40 created db-1", "45 ready db-1", "60 owner-deleted db-0", "60 owner-deleted db-1",
	}, list[:10])
}

func TestABudgetAndADrainCountAStatefulSetsPods(t *testing.T) {
	spec := stateful(3, nil, cluster.Step{At: at(30), Action: cluster.Drain{Node: "n-0"}})
	one := intstr.FromInt32(1)
	spec.Objects = append(spec.Objects, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db", Generation: 1},
		Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &one, Selector: &metav1.LabelSelector{
			MatchLabels: map[string]string{"app": "db"}}},
	})
	list := told(t, spec, 30)
	require.Len(t, list, 4)
	require.Contains(t, list[0], "0 evicted db-")
	require.Contains(t, list[3], "8 ready db-")
}

func TestAnAutoscalerScalesAStatefulSet(t *testing.T) {
	spec := stateful(1, nil,
		cluster.Step{At: at(30), Action: cluster.SetMetric{Name: "queue", Namespace: "default",
			Value: resource.MustParse("30")}})
	target := resource.MustParse("10")
	spec.Objects = append(spec.Objects, &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "db"},
			MaxReplicas:    5,
			Metrics: []autoscalingv2.MetricSpec{
				{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "queue"},
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &target},
				}}},
		},
	})
	created, headroom := 0, -1
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.PodCreated:
			created++
		case record.Scaled:
			require.Equal(t, [3]any{int32(1), int32(3), record.ByAutoscaler}, [3]any{r.From, r.To, r.By})
		case record.Headroom:
			require.Equal(t, "default/StatefulSet/db", r.Workload)
			headroom = r.Replicas
		}
	}
	require.Equal(t, 3, created)
	require.Equal(t, 3*16-3, headroom) // 8 CPU in nodes of 500m each
}

func TestWhatAStatefulSetRefusesLeavesItAsItIs(t *testing.T) {
	spec := stateful(1, nil)
	other := spec.Objects[0].DeepCopyObject().(*appsv1.StatefulSet)
	other.Spec.ServiceName = "other"
	bigger := spec.Objects[0].DeepCopyObject().(*appsv1.StatefulSet)
	two := int32(2)
	bigger.Spec.Replicas = &two
	spec.Timeline = []cluster.Step{
		{At: at(20), Action: cluster.Apply{Objects: []runtime.Object{other}}},
		{At: at(21), Action: cluster.Rollout{Target: db, Verb: cluster.Pause}},
		{At: at(22), Action: cluster.Rollout{Target: db, Verb: cluster.Undo}},
		{At: at(23), Action: cluster.Apply{Objects: []runtime.Object{bigger}}},
	}
	var texts []string
	for _, r := range play(t, spec, 0) {
		if s, is := r.(record.Step); is {
			texts = append(texts, saidOf(s))
		}
	}
	require.Len(t, texts, 4)
	require.Contains(t, texts[0],
		`apply StatefulSet default/db: The StatefulSet "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas'`)
	require.Contains(t, texts[1], `statefulsets.apps "db" pausing is not supported`)
	require.Contains(t, texts[2], "no last revision to roll back to")
	require.Equal(t, []string{"3 created db-1", "8 ready db-1"}, told(t, spec, 20))
}
