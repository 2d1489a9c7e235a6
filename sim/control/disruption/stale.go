package disruption

import (
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// StaleConditionTimeout is how long a pod that isn't deleted may keep the
// condition DisruptionTarget (stalePodDisruptionTimeout in disruption.go).
const StaleConditionTimeout = 2 * time.Minute

// ResetStale tells what to do about a pod's condition DisruptionTarget: look
// again at a later time, or write the returned conditions, which say False.
// Both are zero when there is nothing to do: the pod is being deleted or over,
// or the kubelet, which may take its time, has set the condition
// (disruption.go, syncStalePodDisruption). The pod is only read.
func ResetStale(pod *v1.Pod, now time.Time) (again time.Time, conditions []v1.PodCondition) {
	i, c := podutil.GetPodCondition(&pod.Status, v1.DisruptionTarget)
	if pod.DeletionTimestamp != nil || c == nil || c.Status != v1.ConditionTrue ||
		c.Reason == v1.PodReasonTerminationByKubelet || podutil.IsPodPhaseTerminal(pod.Status.Phase) {
		return time.Time{}, nil
	}
	if due := c.LastTransitionTime.Add(StaleConditionTimeout); due.After(now) {
		return due, nil
	}
	conditions = pod.DeepCopy().Status.Conditions
	conditions[i] = v1.PodCondition{
		Type:               v1.DisruptionTarget,
		Status:             v1.ConditionFalse,
		LastTransitionTime: metav1.NewTime(now),
		ObservedGeneration: podutil.CalculatePodConditionObservedGeneration(&pod.Status, pod.Generation, v1.DisruptionTarget),
	}
	return time.Time{}, conditions
}
