package replicaset

import (
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller"
)

// Action is one write of the controller, or its wish for another sync. Objects
// in it are read-only: they may be those of the view.
type Action interface{ isAction() }

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

// RequeueAfter asks for another sync after some time, even when nothing
// changes. One that is asked for earlier comes in addition, not instead.
type RequeueAfter struct {
	After time.Duration
}

// Event is what the controller tells its users about the ReplicaSet.
type Event struct {
	Type    string // v1.EventTypeNormal or v1.EventTypeWarning
	Reason  string
	Message string
}

// PodCreated is the event of a pod that was created, whose name only the
// caller knows (controller_utils.go, createPods).
func PodCreated(name string) Event {
	return Event{v1.EventTypeNormal, controller.SuccessfulCreatePodReason, "Created pod: " + name}
}

// PodNotCreated is the event of a pod that the API server refused.
func PodNotCreated(reason error) Event {
	return Event{v1.EventTypeWarning, controller.FailedCreatePodReason, "Error creating: " + reason.Error()}
}

func (CreatePods) isAction()   {}
func (DeletePods) isAction()   {}
func (UpdateStatus) isAction() {}
func (RequeueAfter) isAction() {}
func (Event) isAction()        {}
