package control

import (
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

var replicaSetKind = apps.SchemeGroupVersion.WithKind("ReplicaSet")

// SyncReplicaSet is one sync of the ReplicaSet controller
// (pkg/controller/replicaset/replica_set.go, syncReplicaSet): pods to create
// or delete, at most replicaset.BurstReplicas (500) of them, then the status
// as it was before that. An error is a fault of the view.
func SyncReplicaSet(v ReplicaSetView, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	rs := v.ReplicaSet
	selector, err := metav1.LabelSelectorAsSelector(rs.Spec.Selector)
	if err != nil {
		return nil, err
	}
	active := controller.FilterClaimedPods(rs, selector, controller.FilterActivePods(silent, v.Pods))
	terminating := controller.FilterClaimedPods(rs, selector, controller.FilterTerminatingPods(v.Pods))

	var actions []Action
	if rs.DeletionTimestamp == nil {
		actions = manageReplicas(rs, active, v.Related, now)
	}
	failure := v.Failure
	if len(actions) == 0 {
		failure = nil
	}
	status := replicaSetStatus(rs, active, terminating, failure, now)
	if replicaSetStatusChanged(rs, status) {
		status.ObservedGeneration = rs.Generation
		actions = append(actions, UpdateReplicaSetStatus{ReplicaSet: rs, Status: status})
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
		return []Action{CreatePods{ReplicaSet: rs, Count: min(-diff, replicaset.BurstReplicas)}}
	case diff > 0:
		victims := podsToDelete(rs, active, related, min(diff, replicaset.BurstReplicas), now)
		actions := []Action{DeletePods{ReplicaSet: rs, Pods: victims}}
		for _, pod := range victims {
			actions = append(actions, replicaSetEvent(rs, v1.EventTypeNormal, controller.SuccessfulDeletePodReason, "Deleted pod: "+pod.Name))
		}
		return actions
	}
	return nil
}

// nextAvailabilityCheck is the time until the next ready pod has been so for
// minReadySeconds, nil when all ready pods are available.
func nextAvailabilityCheck(rs *apps.ReplicaSet, active []*v1.Pod, status apps.ReplicaSetStatus, now time.Time) *time.Duration {
	if rs.Spec.MinReadySeconds <= 0 || status.ReadyReplicas == status.AvailableReplicas {
		return nil
	}
	if after := controller.FindMinNextPodAvailabilityCheck(active, rs.Spec.MinReadySeconds, now, instant(now)); after != nil {
		return after
	}
	after := time.Duration(rs.Spec.MinReadySeconds) * time.Second
	return &after
}

// instant is a clock that stands still.
type instant time.Time

func (t instant) Now() time.Time                      { return time.Time(t) }
func (t instant) Since(since time.Time) time.Duration { return time.Time(t).Sub(since) }

// PodCreated is the event of a pod created for a ReplicaSet, whose name only
// the caller knows (controller_utils.go, createPods).
func PodCreated(rs *apps.ReplicaSet, pod string) Event {
	return replicaSetEvent(rs, v1.EventTypeNormal, controller.SuccessfulCreatePodReason, "Created pod: "+pod)
}

// PodNotCreated is the event of a pod that the API server refused.
func PodNotCreated(rs *apps.ReplicaSet, reason error) Event {
	return replicaSetEvent(rs, v1.EventTypeWarning, controller.FailedCreatePodReason, "Error creating: "+reason.Error())
}

func replicaSetEvent(rs *apps.ReplicaSet, eventType, reason, message string) Event {
	return Event{
		Object: v1.ObjectReference{
			APIVersion: replicaSetKind.GroupVersion().String(), Kind: replicaSetKind.Kind,
			Namespace: rs.Namespace, Name: rs.Name, UID: rs.UID,
		},
		Type: eventType, Reason: reason, Message: message,
	}
}
