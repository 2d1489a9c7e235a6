package describe

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "default", Name: name}
}

func pods(app string) v1.PodTemplateSpec {
	return v1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}},
		Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "i"}}},
	}
}

// TestWorkloads has the way in which each kind is updated, and its size.
func TestWorkloads(t *testing.T) {
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}
	two := ptr.To(intstr.FromInt32(2))
	for _, test := range []struct {
		object        runtime.Object
		key, strategy string
		replicas      int32
	}{
		{&appsv1.Deployment{ObjectMeta: meta("a"), Spec: appsv1.DeploymentSpec{Template: pods("a"), Selector: selector}},
			"default/Deployment/a", "RollingUpdate maxSurge=25% maxUnavailable=25%", 1},
		{&appsv1.Deployment{ObjectMeta: meta("a"), Spec: appsv1.DeploymentSpec{Template: pods("a"), Selector: selector,
			Replicas: ptr.To[int32](3),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}}}, "default/Deployment/a",
			"Recreate", 3},
		{&appsv1.ReplicaSet{ObjectMeta: meta("a"), Spec: appsv1.ReplicaSetSpec{Template: pods("a"), Selector: selector}},
			"default/ReplicaSet/a", "", 1},
		{&appsv1.StatefulSet{ObjectMeta: meta("a"), Spec: appsv1.StatefulSetSpec{Template: pods("a"), Selector: selector}},
			"default/StatefulSet/a", "RollingUpdate maxUnavailable=1 OrderedReady", 1},
		{&appsv1.StatefulSet{ObjectMeta: meta("a"), Spec: appsv1.StatefulSetSpec{Template: pods("a"), Selector: selector,
			PodManagementPolicy: appsv1.ParallelPodManagement, UpdateStrategy: appsv1.StatefulSetUpdateStrategy{
				Type: appsv1.RollingUpdateStatefulSetStrategyType, RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{
					Partition: ptr.To[int32](1), MaxUnavailable: two}}}},
			"default/StatefulSet/a", "RollingUpdate partition=1 maxUnavailable=2 Parallel", 1},
		{&appsv1.DaemonSet{ObjectMeta: meta("a"), Spec: appsv1.DaemonSetSpec{Template: pods("a"), Selector: selector}},
			"default/DaemonSet/a", "RollingUpdate maxSurge=0 maxUnavailable=1", 1},
		{&batchv1.Job{ObjectMeta: meta("a"), Spec: batchv1.JobSpec{Template: pods("a"), Completions: ptr.To[int32](5),
			Parallelism: ptr.To[int32](2)}},
			"default/Job/a", "NonIndexed completions=5 parallelism=2 backoffLimit=6 Always", 2},
		{&batchv1.CronJob{ObjectMeta: meta("a"), Spec: batchv1.CronJobSpec{Schedule: "0 3 * * *",
			TimeZone:    ptr.To("Europe/Berlin"),
			JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: pods("a")}}}},
			"default/CronJob/a", `"0 3 * * *" Europe/Berlin Allow NonIndexed completions=1 parallelism=1 backoffLimit=6 Always`,
			1},
		{&v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "a", Labels: map[string]string{"app": "a"}},
			Spec: pods("a").Spec}, "default/Pod/a", "", 1},
	} {
		legacyscheme.Scheme.Default(test.object)
		node := &v1.Node{ObjectMeta: meta("n")}
		w, template, is := Workload(test.object, kinds.Builtin(), []*v1.Node{node})
		require.True(t, is)
		strategy, err := record.ParseStrategy(test.strategy)
		require.NoError(t, err)
		require.Equal(t, test.strategy, w.Strategy.String())
		require.Equal(t, record.Workload{Key: test.key, Replicas: test.replicas, Strategy: strategy,
			Containers: []record.Container{{Name: "c", Image: "i"}}}, w)
		require.NotNil(t, template.Spec)
		require.Equal(t, Template{test.key, "default", map[string]string{"app": "a"}, test.replicas, template.Spec}, template)
	}
	_, _, is := Workload(&v1.Service{}, kinds.Builtin(), nil)
	require.False(t, is)
}

// TestWhoSelectsWhom has a Deployment whose selector matches another's pods, too.
func TestWhoSelectsWhom(t *testing.T) {
	all := &metav1.LabelSelector{}
	objects := []runtime.Object{
		&appsv1.Deployment{ObjectMeta: meta("a"), Spec: appsv1.DeploymentSpec{Selector: all, Template: pods("a"),
			Replicas: ptr.To[int32](4)}},
		&appsv1.Deployment{ObjectMeta: meta("b"),
			Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "b"}},
				Template: pods("b"), Replicas: ptr.To[int32](2)}},
	}
	templates := &Templates{}
	for _, o := range objects {
		_, template, _ := Workload(o, kinds.Builtin(), nil)
		templates.Add(template)
	}
	require.Equal(t, map[string][]string{"default/Deployment/a": {"default/Deployment/b"}},
		AlsoSelected(objects, kinds.Builtin(), templates))
	b := &v1.Service{ObjectMeta: meta("b"), Spec: v1.ServiceSpec{Selector: map[string]string{"app": "b"}}}
	require.Equal(t, record.Service{Key: "default/b", Workloads: []string{"default/Deployment/b"}}, Service(b, templates))
	require.Equal(t, record.Service{Key: "default/c"}, Service(&v1.Service{ObjectMeta: meta("c")}, templates),
		"without a selector it selects nothing")
	for _, test := range []struct {
		spec   policyv1.PodDisruptionBudgetSpec
		rule   string
		allows int32
	}{
		{policyv1.PodDisruptionBudgetSpec{Selector: all, MaxUnavailable: ptr.To(intstr.FromString("30%"))},
			"maxUnavailable 30%", 2},
		{policyv1.PodDisruptionBudgetSpec{Selector: all, MinAvailable: ptr.To(intstr.FromInt32(5))}, "minAvailable 5", 1},
		{policyv1.PodDisruptionBudgetSpec{Selector: all, MinAvailable: ptr.To(intstr.FromInt32(9))}, "minAvailable 9", 0},
		{policyv1.PodDisruptionBudgetSpec{Selector: all}, "no bound", 6},
	} {
		var rule record.BudgetRule
		require.NoError(t, rule.UnmarshalText([]byte(test.rule)))
		require.Equal(t, record.DisruptionBudget{Key: "default/p",
			Workloads: []string{"default/Deployment/a", "default/Deployment/b"}, Expected: 6, Rule: rule, Allows: test.allows},
			Budget(&policyv1.PodDisruptionBudget{ObjectMeta: meta("p"), Spec: test.spec}, templates))
	}
}
