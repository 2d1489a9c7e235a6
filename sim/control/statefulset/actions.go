package statefulset

import (
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Action is one write of the controller, or its wish for another sync. Objects
// in it are read-only: they may be those of the view.
type Action = control.Action

// CreateRevision creates a ControllerRevision. The caller gives it what the
// API server does: UID, creation time and resource version.
type CreateRevision struct {
	Revision *apps.ControllerRevision
}

// UpdateRevision gives an old ControllerRevision the number after the latest:
// the template went back to it.
type UpdateRevision struct {
	Revision *apps.ControllerRevision
}

// DeleteRevision removes a ControllerRevision beyond the history limit.
type DeleteRevision struct {
	Revision *apps.ControllerRevision
}

// CreateClaim creates a PersistentVolumeClaim of a volume claim template, just
// before the pod that mounts it or, when it is missing, for a Pending one.
type CreateClaim struct {
	Claim *v1.PersistentVolumeClaim
}

// UpdateClaim writes the owner references of a claim by the retention policy.
type UpdateClaim struct {
	Claim *v1.PersistentVolumeClaim
}

// CreatePod creates the pod of one ordinal. The caller gives it what the API
// server does: UID, creation time, resource version and phase Pending.
type CreatePod struct {
	Pod *v1.Pod
}

// UpdatePod writes a pod whose labels or volumes weren't those of its identity.
type UpdatePod struct {
	Pod *v1.Pod
}

// DeletePod deletes a pod by its name, with its own grace period.
type DeletePod struct {
	Pod *v1.Pod
}

// UpdateStatus writes nothing but the status.
type UpdateStatus struct {
	StatefulSet *apps.StatefulSet // as it was
	Status      apps.StatefulSetStatus
}

// RequeueAfter is every controller's.
type RequeueAfter = control.RequeueAfter

// Event is every controller's.
type Event = control.Event

func (CreateRevision) IsAction() {}
func (UpdateRevision) IsAction() {}
func (DeleteRevision) IsAction() {}
func (CreateClaim) IsAction()    {}
func (UpdateClaim) IsAction()    {}
func (CreatePod) IsAction()      {}
func (UpdatePod) IsAction()      {}
func (DeletePod) IsAction()      {}
func (UpdateStatus) IsAction()   {}
