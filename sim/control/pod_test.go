package control

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// epoch has a fraction of a second, which the API loses.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 300e6, time.UTC)

// sent is a pod as the controller of a ReplicaSet sends it.
func sent() *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default",
			Labels: map[string]string{"app": "web", apps.DefaultDeploymentUniqueLabelKey: "x"}},
		Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "v1"}}},
	}
}

func TestTolerationsOfAPod(t *testing.T) {
	notReady := v1.Toleration{Key: "node.kubernetes.io/not-ready", Operator: v1.TolerationOpExists,
		Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](300)}
	unreachable := v1.Toleration{Key: "node.kubernetes.io/unreachable", Operator: v1.TolerationOpExists,
		Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](300)}
	gpu := v1.Toleration{Key: "nvidia.com/gpu", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoSchedule}
	brief := v1.Toleration{Key: "node.kubernetes.io/unreachable", Operator: v1.TolerationOpExists,
		Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](10)}
	everything := v1.Toleration{Operator: v1.TolerationOpExists}
	for _, test := range []struct{ own, want []v1.Toleration }{
		{nil, []v1.Toleration{notReady, unreachable}},
		{[]v1.Toleration{gpu}, []v1.Toleration{gpu, notReady, unreachable}},
		{[]v1.Toleration{brief}, []v1.Toleration{brief, notReady}},
		{[]v1.Toleration{everything}, []v1.Toleration{everything}},
	} {
		pod := sent()
		pod.Spec.Tolerations = test.own
		AdmitPod(pod, "u", epoch)
		require.Equal(t, test.want, pod.Spec.Tolerations)
	}
}

func TestMatchLabelKeysOfAPod(t *testing.T) {
	pod := sent()
	selector := func() *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	}
	keys := []string{apps.DefaultDeploymentUniqueLabelKey, "missing"}
	term := func() v1.PodAffinityTerm {
		return v1.PodAffinityTerm{TopologyKey: "zone", LabelSelector: selector(), MatchLabelKeys: keys}
	}
	mismatch := v1.PodAffinityTerm{TopologyKey: "zone", LabelSelector: selector(), MismatchLabelKeys: keys}
	spec := &pod.Spec
	spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{
		{TopologyKey: "zone", LabelSelector: selector(), MatchLabelKeys: keys},
		{TopologyKey: "zone", MatchLabelKeys: keys},
	}
	spec.Affinity = &v1.Affinity{
		PodAffinity: &v1.PodAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution:  []v1.PodAffinityTerm{term()},
			PreferredDuringSchedulingIgnoredDuringExecution: []v1.WeightedPodAffinityTerm{{PodAffinityTerm: mismatch}},
		},
		PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{term()}},
	}
	AdmitPod(pod, "u", epoch)
	got := pod.Spec
	in := []metav1.LabelSelectorRequirement{{Key: apps.DefaultDeploymentUniqueLabelKey, Operator: metav1.LabelSelectorOpIn,
		Values: []string{"x"}}}
	require.Equal(t, in, got.TopologySpreadConstraints[0].LabelSelector.MatchExpressions)
	require.Nil(t, got.TopologySpreadConstraints[1].LabelSelector)
	require.Equal(t, in,
		got.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions)
	require.Equal(t, in,
		got.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions)
	in[0].Operator = metav1.LabelSelectorOpNotIn
	require.Equal(t, in,
		got.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm.LabelSelector.
			MatchExpressions)
}

func TestResourcesOfThePod(t *testing.T) {
	pod := sent()
	pod.Spec.Resources = &v1.ResourceRequirements{Limits: v1.ResourceList{v1.ResourceMemory: resource.MustParse("1Gi")}}
	pod.Spec.Containers[0].Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("500m")}
	AdmitPod(pod, "u", epoch)
	// Of the CPU what the containers request, of the memory the limit.
	require.Equal(t, "500m", pod.Spec.Resources.Requests.Cpu().String())
	require.Equal(t, "1Gi", pod.Spec.Resources.Requests.Memory().String())
	require.Equal(t, v1.PodQOSBurstable, pod.Status.QOSClass)
}

func TestSchedulingGatesOfAPod(t *testing.T) {
	pod := sent()
	pod.Spec.SchedulingGates = []v1.PodSchedulingGate{{Name: "later"}}
	AdmitPod(pod, "u", epoch)
	require.Equal(t, []v1.PodCondition{{
		Type: v1.PodScheduled, Status: v1.ConditionFalse, Reason: "SchedulingGated",
		LastTransitionTime: metav1.NewTime(epoch.Truncate(time.Second)),
		Message:            "Scheduling is blocked due to non-empty scheduling gates",
	}}, pod.Status.Conditions)
}
