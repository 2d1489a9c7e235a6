package control

import (
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func TestNewPod(t *testing.T) {
	rs := replicas(1)
	rs.Spec.Template.Annotations = map[string]string{"a": "b"}
	rs.Spec.Template.Spec.Containers[0].Resources.Limits = v1.ResourceList{v1.ResourceCPU: resource.MustParse("2")}
	before := rs.DeepCopy()
	pod := NewPod(rs, "web-x-abcde", "u", epoch)
	require.Equal(t, metav1.ObjectMeta{
		Name: "web-x-abcde", GenerateName: "web-x-", Namespace: "default", UID: "u", Generation: 1,
		CreationTimestamp: apiTime(epoch),
		Labels:            rs.Spec.Template.Labels, Annotations: rs.Spec.Template.Annotations, Finalizers: []string{},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rs, apps.SchemeGroupVersion.WithKind("ReplicaSet"))},
	}, pod.ObjectMeta)
	require.Zero(t, pod.CreationTimestamp.Nanosecond())
	require.Equal(t, v1.PodStatus{Phase: v1.PodPending, QOSClass: v1.PodQOSBurstable}, pod.Status)
	require.Equal(t, "2", pod.Spec.Containers[0].Resources.Requests.Cpu().String(), "requests default to limits")
	require.Equal(t, v1.RestartPolicyAlways, pod.Spec.RestartPolicy)
	require.Equal(t, ptr.To[int64](30), pod.Spec.TerminationGracePeriodSeconds)
	require.Nil(t, pod.Spec.Priority)
	require.Equal(t, before, rs, "the template is read-only")
}

func TestNewPodTolerations(t *testing.T) {
	notReady := v1.Toleration{Key: "node.kubernetes.io/not-ready", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](300)}
	unreachable := v1.Toleration{Key: "node.kubernetes.io/unreachable", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](300)}
	gpu := v1.Toleration{Key: "nvidia.com/gpu", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoSchedule}
	brief := v1.Toleration{Key: "node.kubernetes.io/unreachable", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](10)}
	everything := v1.Toleration{Operator: v1.TolerationOpExists}
	for _, test := range []struct{ own, want []v1.Toleration }{
		{nil, []v1.Toleration{notReady, unreachable}},
		{[]v1.Toleration{gpu}, []v1.Toleration{gpu, notReady, unreachable}},
		{[]v1.Toleration{brief}, []v1.Toleration{brief, notReady}},
		{[]v1.Toleration{everything}, []v1.Toleration{everything}},
	} {
		rs := replicas(1)
		rs.Spec.Template.Spec.Tolerations = test.own
		require.Equal(t, test.want, NewPod(rs, "p", "u", epoch).Spec.Tolerations)
	}
}

func TestNewPodMatchLabelKeys(t *testing.T) {
	rs := replicas(1)
	selector := func() *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	}
	keys := []string{apps.DefaultDeploymentUniqueLabelKey, "missing"}
	term := func() v1.PodAffinityTerm {
		return v1.PodAffinityTerm{TopologyKey: "zone", LabelSelector: selector(), MatchLabelKeys: keys}
	}
	mismatch := v1.PodAffinityTerm{TopologyKey: "zone", LabelSelector: selector(), MismatchLabelKeys: keys}
	spec := &rs.Spec.Template.Spec
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
	before := rs.DeepCopy()
	got := NewPod(rs, "p", "u", epoch).Spec
	require.Equal(t, before, rs, "the template is read-only")
	in := []metav1.LabelSelectorRequirement{{Key: apps.DefaultDeploymentUniqueLabelKey, Operator: metav1.LabelSelectorOpIn, Values: []string{"x"}}}
	require.Equal(t, in, got.TopologySpreadConstraints[0].LabelSelector.MatchExpressions)
	require.Nil(t, got.TopologySpreadConstraints[1].LabelSelector)
	require.Equal(t, in, got.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions)
	require.Equal(t, in, got.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions)
	in[0].Operator = metav1.LabelSelectorOpNotIn
	require.Equal(t, in, got.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm.LabelSelector.MatchExpressions)
}

func TestNewPodResourcesOfThePod(t *testing.T) {
	rs := replicas(1)
	rs.Spec.Template.Spec.Resources = &v1.ResourceRequirements{Limits: v1.ResourceList{v1.ResourceMemory: resource.MustParse("1Gi")}}
	rs.Spec.Template.Spec.Containers[0].Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("500m")}
	pod := NewPod(rs, "p", "u", epoch)
	// Of the CPU what the containers request, of the memory the limit.
	require.Equal(t, "500m", pod.Spec.Resources.Requests.Cpu().String())
	require.Equal(t, "1Gi", pod.Spec.Resources.Requests.Memory().String())
	require.Equal(t, v1.PodQOSBurstable, pod.Status.QOSClass)
}

func TestNewPodSchedulingGates(t *testing.T) {
	rs := replicas(1)
	rs.Spec.Template.Spec.SchedulingGates = []v1.PodSchedulingGate{{Name: "later"}}
	pod := NewPod(rs, "p", "u", epoch)
	require.Equal(t, []v1.PodCondition{{
		Type: v1.PodScheduled, Status: v1.ConditionFalse, Reason: "SchedulingGated", LastTransitionTime: apiTime(epoch),
		Message: "Scheduling is blocked due to non-empty scheduling gates",
	}}, pod.Status.Conditions)
}
