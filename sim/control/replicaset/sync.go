package replicaset

import (
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	upstream "k8s.io/kubernetes/pkg/controller/replicaset"
)

var kind = apps.SchemeGroupVersion.WithKind("ReplicaSet")

// Sync is one sync of the ReplicaSet controller
// (pkg/controller/replicaset/replica_set.go, syncReplicaSet): pods to create
// or delete, at most upstream.BurstReplicas (500) of them, then the status
// as it was before that. An error is a fault of the view.
func Sync(v View, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	rs := v.ReplicaSet
	selector, err := metav1.LabelSelectorAsSelector(rs.Spec.Selector)
	if err != nil {
		return nil, err
	}
	active := controller.FilterClaimedPods(rs, selector, controller.FilterActivePods(klog.Logger{}, v.Pods))
	terminating := controller.FilterClaimedPods(rs, selector, controller.FilterTerminatingPods(v.Pods))

	var actions []Action
	if rs.DeletionTimestamp == nil {
		actions = manageReplicas(rs, active, v.Related, now)
	}
	failure := v.Failure
	if len(actions) == 0 {
		failure = nil
	}
	status := calculateStatus(rs, active, terminating, failure, now)
	if statusChanged(rs, status) {
		status.ObservedGeneration = rs.Generation
		actions = append(actions, UpdateStatus{ReplicaSet: rs, Status: status})
	}
	if after := nextAvailabilityCheck(rs, active, status, now); failure == nil && after != nil {
		actions = append(actions, RequeueAfter{After: *after})
	}
	return actions, nil
}

func manageReplicas(rs *apps.ReplicaSet, active, related []*v1.Pod, now time.Time) []Action {
	diff := len(active) - int(*rs.Spec.Replicas)
	switch {
	case diff < 0:
		return []Action{CreatePods{ReplicaSet: rs, Count: min(-diff, upstream.BurstReplicas)}}
	case diff > 0:
		victims := podsToDelete(rs, active, related, min(diff, upstream.BurstReplicas), now)
		actions := []Action{DeletePods{ReplicaSet: rs, Pods: victims}}
		for _, pod := range victims {
			actions = append(actions, Event{Type: v1.EventTypeNormal, Reason: controller.SuccessfulDeletePodReason,
				Message: "Deleted pod: " + pod.Name})
		}
		return actions
	}
	return nil
}

// nextAvailabilityCheck is the time until the next ready pod has been so for
// minReadySeconds, nil when all ready pods are available.
func nextAvailabilityCheck(rs *apps.ReplicaSet, active []*v1.Pod, status apps.ReplicaSetStatus,
	now time.Time) *time.Duration {
	if rs.Spec.MinReadySeconds <= 0 || status.ReadyReplicas == status.AvailableReplicas {
		return nil
	}
	if after := controller.FindMinNextPodAvailabilityCheck(active, rs.Spec.MinReadySeconds, now,
		instant(now)); after != nil {
		return after
	}
	after := time.Duration(rs.Spec.MinReadySeconds) * time.Second
	return &after
}

// instant is a clock that stands still.
type instant time.Time

func (t instant) Now() time.Time                      { return time.Time(t) }
func (t instant) Since(since time.Time) time.Duration { return time.Time(t).Sub(since) }
