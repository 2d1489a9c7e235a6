package control

import (
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
	"k8s.io/kubernetes/pkg/features"

	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
)

// AdmitPod makes of the pod that a controller sends what the API server keeps:
// the defaults of a pod (requests from limits, among others), admission's
// default tolerations, and what the registry sets
// (registry/core/pod/strategy.go, PrepareForCreate): phase Pending, QoS class,
// matchLabelKeys merged into selectors. The priority is the caller's to
// resolve.
func AdmitPod(pod *v1.Pod, uid types.UID, created time.Time) {
	pod.UID, pod.CreationTimestamp = uid, metav1.NewTime(created.Truncate(time.Second))
	pod.Generation = 1
	corev1.SetObjectDefaults_Pod(pod)
	pod.Spec.Tolerations = nodelifecycle.DefaultTolerations(pod)
	mergeMatchLabelKeys(pod)
	defaultPodResources(pod)
	pod.Status = v1.PodStatus{Phase: v1.PodPending}
	pod.Status.QOSClass = qos.ComputePodQOS(pod)
	if len(pod.Spec.SchedulingGates) > 0 {
		pod.Status.Conditions = []v1.PodCondition{{
			Type: v1.PodScheduled, Status: v1.ConditionFalse, LastTransitionTime: pod.CreationTimestamp,
			Reason: v1.PodReasonSchedulingGated, Message: "Scheduling is blocked due to non-empty scheduling gates",
		}}
	}
}

// mergeMatchLabelKeys turns matchLabelKeys and mismatchLabelKeys into
// requirements with this pod's values (strategy.go, mutatePodAffinity and
// mutateTopologySpreadConstraints).
func mergeMatchLabelKeys(pod *v1.Pod) {
	if affinity := pod.Spec.Affinity; affinity != nil &&
		utilfeature.DefaultFeatureGate.Enabled(features.MatchLabelKeysInPodAffinity) {
		var terms []*v1.PodAffinityTerm
		if a := affinity.PodAffinity; a != nil {
			terms = affinityTerms(terms, a.RequiredDuringSchedulingIgnoredDuringExecution,
				a.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if a := affinity.PodAntiAffinity; a != nil {
			terms = affinityTerms(terms, a.RequiredDuringSchedulingIgnoredDuringExecution,
				a.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		for _, term := range terms {
			requireLabels(term.LabelSelector, term.MatchLabelKeys, metav1.LabelSelectorOpIn, pod.Labels)
			requireLabels(term.LabelSelector, term.MismatchLabelKeys, metav1.LabelSelectorOpNotIn, pod.Labels)
		}
	}
	if utilfeature.DefaultFeatureGate.Enabled(features.MatchLabelKeysInPodTopologySpread) &&
		utilfeature.DefaultFeatureGate.Enabled(features.MatchLabelKeysInPodTopologySpreadSelectorMerge) {
		for i := range pod.Spec.TopologySpreadConstraints {
			c := &pod.Spec.TopologySpreadConstraints[i]
			requireLabels(c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn, pod.Labels)
		}
	}
}

func affinityTerms(terms []*v1.PodAffinityTerm, required []v1.PodAffinityTerm,
	preferred []v1.WeightedPodAffinityTerm) []*v1.PodAffinityTerm {
	for i := range required {
		terms = append(terms, &required[i])
	}
	for i := range preferred {
		terms = append(terms, &preferred[i].PodAffinityTerm)
	}
	return terms
}

// requireLabels does nothing without a selector, which matches no pod.
func requireLabels(selector *metav1.LabelSelector, keys []string, operator metav1.LabelSelectorOperator,
	labels map[string]string) {
	if selector == nil {
		return
	}
	for _, key := range keys {
		if value, ok := labels[key]; ok {
			selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
				Key: key, Operator: operator, Values: []string{value},
			})
		}
	}
}

// defaultPodResources completes spec.resources, the limits and requests of the
// pod as a whole, from those of its containers.
func defaultPodResources(pod *v1.Pod) {
	if pod.Spec.Resources == nil {
		return
	}
	internal := core.Pod{}
	if err := corev1.Convert_v1_Pod_To_core_Pod(pod.DeepCopy(), &internal, nil); err != nil {
		return // not a pod that validation lets through
	}
	podutil.DefaultPodLevelResources(&internal)
	completed := v1.Pod{}
	if err := corev1.Convert_core_Pod_To_v1_Pod(&internal, &completed, nil); err != nil {
		return
	}
	pod.Spec.Resources = completed.Spec.Resources
}
