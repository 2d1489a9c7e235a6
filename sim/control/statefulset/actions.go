package statefulset

import (
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
)

// Action is one write of the controller, or its wish for another sync. Objects
// in it are read-only: they may be those of the view.
type Action interface{ isAction() }

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

// RequeueAfter asks for another sync after some time, even when nothing
// changes. One that is asked for earlier comes in addition, not instead.
type RequeueAfter struct {
	After time.Duration
}

// Event is what the controller tells its users about the StatefulSet.
type Event struct {
	Type    string // v1.EventTypeNormal or v1.EventTypeWarning
	Reason  string
	Message string
}

func (CreateRevision) isAction() {}
func (UpdateRevision) isAction() {}
func (DeleteRevision) isAction() {}
func (CreateClaim) isAction()    {}
func (UpdateClaim) isAction()    {}
func (CreatePod) isAction()      {}
func (UpdatePod) isAction()      {}
func (DeletePod) isAction()      {}
func (UpdateStatus) isAction()   {}
func (RequeueAfter) isAction()   {}
func (Event) isAction()          {}
