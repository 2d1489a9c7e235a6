package replicaset

import (
	"reflect"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	upstream "k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/utils/ptr"
)

// replicaSetStatus counts the pods
// (pkg/controller/replicaset/replica_set_utils.go, calculateStatus).
func calculateStatus(rs *apps.ReplicaSet, active, terminating []*v1.Pod, failure error,
	now time.Time) apps.ReplicaSetStatus {
	status := *rs.Status.DeepCopy()
	status.Replicas = int32(len(active))
	status.FullyLabeledReplicas, status.ReadyReplicas, status.AvailableReplicas = 0, 0, 0
	template := labels.SelectorFromSet(rs.Spec.Template.Labels)
	for _, pod := range active {
		if template.Matches(labels.Set(pod.Labels)) {
			status.FullyLabeledReplicas++
		}
		if podutil.IsPodReady(pod) {
			status.ReadyReplicas++
		}
		if podutil.IsPodAvailable(pod, rs.Spec.MinReadySeconds, metav1.NewTime(now)) {
			status.AvailableReplicas++
		}
	}
	status.TerminatingReplicas = nil
	if utilfeature.DefaultFeatureGate.Enabled(features.DeploymentReplicaSetTerminatingReplicas) {
		status.TerminatingReplicas = ptr.To(int32(len(terminating)))
	}
	setReplicaFailure(&status, int(*rs.Spec.Replicas), failure, now)
	return status
}

// setReplicaFailure says what went wrong with the pods while it does, and for
// how long: the first message stays.
func setReplicaFailure(status *apps.ReplicaSetStatus, want int, failure error, now time.Time) {
	known := upstream.GetCondition(*status, apps.ReplicaSetReplicaFailure) != nil
	switch {
	case failure != nil && !known:
		reason := "FailedCreate"
		if int(status.Replicas) > want {
			reason = "FailedDelete"
		}
		cond := upstream.NewReplicaSetCondition(apps.ReplicaSetReplicaFailure, v1.ConditionTrue, reason, failure.Error())
		cond.LastTransitionTime = metav1.NewTime(now.Truncate(time.Second))
		upstream.SetCondition(status, cond)
	case failure == nil && known:
		upstream.RemoveCondition(status, apps.ReplicaSetReplicaFailure)
	}
}

// statusChanged is whether there is anything to write, a new
// observedGeneration included (updateReplicaSetStatus).
func statusChanged(rs *apps.ReplicaSet, next apps.ReplicaSetStatus) bool {
	old := rs.Status
	return old.Replicas != next.Replicas ||
		old.FullyLabeledReplicas != next.FullyLabeledReplicas ||
		old.ReadyReplicas != next.ReadyReplicas ||
		old.AvailableReplicas != next.AvailableReplicas ||
		!ptr.Equal(old.TerminatingReplicas, next.TerminatingReplicas) ||
		rs.Generation != old.ObservedGeneration ||
		!reflect.DeepEqual(old.Conditions, next.Conditions)
}
