package replicaset

import (
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Action is one write of the controller, or its wish for another sync. Objects
// in it are read-only: they may be those of the view.
type Action = control.Action

// CreatePods creates that many pods from the template (see NewPod), in the
// batches of control.SlowStartBatches: a batch begins when the one before
// succeeded.
type CreatePods struct {
	ReplicaSet *apps.ReplicaSet
	Count      int
}

// DeletePods deletes pods, all at once. The first is the one that the
// controller likes least.
type DeletePods struct {
	ReplicaSet *apps.ReplicaSet
	Pods       []*v1.Pod
}

// UpdateStatus writes nothing but the status.
type UpdateStatus struct {
	ReplicaSet *apps.ReplicaSet // as it was
	Status     apps.ReplicaSetStatus
}

// RequeueAfter is every controller's.
type RequeueAfter = control.RequeueAfter

// Event is every controller's.
type Event = control.Event

// PodCreated is the event of a pod that was created, whose name only the
// caller knows (controller_utils.go, createPods).
func PodCreated(name string) Event {
	return Event{Type: v1.EventTypeNormal, Reason: controller.SuccessfulCreatePodReason, Message: "Created pod: " + name}
}

// PodNotCreated is the event of a pod that the API server refused.
func PodNotCreated(reason error) Event {
	return Event{Type: v1.EventTypeWarning, Reason: controller.FailedCreatePodReason,
		Message: "Error creating: " + reason.Error()}
}

func (CreatePods) IsAction()   {}
func (DeletePods) IsAction()   {}
func (UpdateStatus) IsAction() {}
