package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func named(kind, name string) cluster.ObjectRef {
	return cluster.ObjectRef{Kind: kind, NamespacedName: types.NamespacedName{Namespace: "default", Name: name}}
}

// What a step can't do is answered as the API server and kubectl do.
func TestStepsThatFailSayWhatKubectlWould(t *testing.T) {
	selecting := recorded(2, 1, nil).Objects[0].DeepCopyObject().(*appsv1.Deployment)
	selecting.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "other"}}
	for _, c := range []struct {
		action  cluster.Action
		want    string
		objects []string
	}{
		{cluster.Apply{Objects: []runtime.Object{selecting}},
			`apply Deployment default/web: The Deployment "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable`, []string{"Deployment default/web"}},
		{cluster.Scale{Target: named("Deployment", "wep"), Replicas: 3},
			`scale Deployment wep to 3: deployments.apps "wep" not found`, []string{"Deployment default/wep"}},
		{cluster.Rollout{Target: web, Verb: cluster.Undo},
			`rollout undo Deployment web: no rollout history found for deployment "web"`, []string{"Deployment default/web"}},
		{cluster.Cordon{Node: "n-9", Unschedulable: true}, `cordon node n-9: nodes "n-9" not found`, []string{"Node n-9"}},
		{cluster.Drain{Node: "n-9"}, `drain node n-9: nodes "n-9" not found`, []string{"Node n-9"}},
		{cluster.PodKill{Target: named("Pod", "web-0"), Count: 1}, `pod kill Pod web-0: pods "web-0" not found`,
			[]string{"Pod default/web-0"}},
		{cluster.Delete{Target: named("PodDisruptionBudget", "web")},
			`delete PodDisruptionBudget web: poddisruptionbudgets.policy "web" not found`,
			[]string{"PodDisruptionBudget default/web"}},
		{cluster.Delete{Target: cluster.ObjectRef{Kind: "PriorityClass", NamespacedName: types.NamespacedName{Name: "high"}}},
			`delete PriorityClass high: priorityclasses.scheduling.k8s.io "high" not found`, []string{"PriorityClass high"}},
	} {
		spec := recorded(2, 1, nil, step(10, cluster.Scale{Target: web, Replicas: 1}), step(60, c.action))
		spec.Timeline[1].Source = "s.yaml:9"
		var steps []record.Step
		for _, r := range play(t, spec, 0) {
			if s, is := r.(record.Step); is {
				steps = append(steps, s)
			}
		}
		require.Len(t, steps, 2)
		require.Equal(t, record.Step{At: record.At{T: at(10)}, Text: "scale Deployment web to 1",
			Objects: []string{"Deployment default/web"}, Index: 1}, steps[0])
		require.Equal(t, c.want, saidOf(steps[1]))
		require.Equal(t, c.objects, steps[1].Objects)
		require.Equal(t, 2, steps[1].Index)
		require.Equal(t, "s.yaml:9", steps[1].Source)
	}
}

// A Secret that no manifest has is taken to exist, but not for ever.
func TestASecretIsDeletedOnce(t *testing.T) {
	spec := recorded(1, 1, nil, step(10, cluster.Delete{Target: named("Secret", "keys")}),
		step(20, cluster.Delete{Target: named("Secret", "keys")}))
	var said []string
	for _, r := range play(t, spec, 0) {
		if s, is := r.(record.Step); is {
			said = append(said, saidOf(s))
		}
	}
	require.Equal(t, []string{"delete Secret keys", `delete Secret keys: secrets "keys" not found`}, said)
}

// Answers about whole pod templates are cut to what a person reads.
func TestAnswersAboutTemplatesAreShort(t *testing.T) {
	pod := func(image, command string) *v1.Pod {
		p := &v1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: "solo"},
			Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: image, Command: []string{command}}}}}
		corev1.SetObjectDefaults_Pod(p)
		return p
	}
	first := batch(nil, nil).Objects[0].(*batchv1.Job)
	other := first.DeepCopy()
	other.Spec.Template.Spec.Containers[0].Image = "app:v9"
	spec := batch(nil, nil, step(5, cluster.Apply{Objects: []runtime.Object{other}}),
		step(6, cluster.Apply{Objects: []runtime.Object{pod("app:v2", "a")}}),
		step(7, cluster.Apply{Objects: []runtime.Object{pod("app:v1", "b")}}),
		step(8, cluster.Apply{Objects: []runtime.Object{pod("app:v1", "a")}}))
	spec.Objects = append(spec.Objects, pod("app:v1", "a"))
	var said []string
	for _, r := range play(t, spec, 0) {
		if s, is := r.(record.Step); is {
			said = append(said, saidOf(s))
		}
	}
	require.Len(t, said, 4)
	require.Equal(t, `apply Job default/`+first.Name+`: The Job "`+first.Name+
		`" is invalid: spec.template: Invalid value: {…}: field is immutable`, said[0])
	require.Equal(t, "apply Pod default/solo: another image of a running pod is not simulated", said[1])
	require.Contains(t, said[2],
		`The Pod "solo" is invalid: spec: Forbidden: pod updates may not change fields other than`)
	require.Equal(t, "apply Pod default/solo", said[3])
}
