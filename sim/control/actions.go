package control

import (
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
)

// Action is one decision of a controller. Objects in it are read-only: they
// may be those of the view.
type Action interface{ isAction() }

// CreateReplicaSet creates a Deployment's new ReplicaSet. The caller gives it
// what the API server does: UID, creation time and generation 1.
type CreateReplicaSet struct {
	ReplicaSet *apps.ReplicaSet
}

// UpdateReplicaSet writes metadata and spec of a ReplicaSet: its size, its
// annotations (revision, desired and max replicas) or minReadySeconds. From
// and To are spec.replicas before and after, equal when the size stays. The
// generation goes up when the spec changed.
type UpdateReplicaSet struct {
	ReplicaSet *apps.ReplicaSet
	From, To   int32
}

// DeleteReplicaSet removes a ReplicaSet beyond the revision history limit.
type DeleteReplicaSet struct {
	ReplicaSet *apps.ReplicaSet
}

// UpdateReplicaSetStatus writes the status of a ReplicaSet.
type UpdateReplicaSetStatus struct {
	ReplicaSet *apps.ReplicaSet // as it was
	Status     apps.ReplicaSetStatus
}

// UpdateDeployment writes a Deployment as a whole: annotations, status and,
// after a rollback, the template. Its generation is the one after the write:
// a new revision number travels with the status and leaves it as it was.
type UpdateDeployment struct {
	Deployment *apps.Deployment
}

// UpdateDeploymentStatus writes nothing but the status of a Deployment.
type UpdateDeploymentStatus struct {
	Deployment *apps.Deployment // with the new status
	Status     apps.DeploymentStatus
}

// CreatePods creates that many pods from the template (see NewPod), in the
// batches of SlowStartBatches: a batch begins when the one before succeeded.
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

// RequeueAfter asks for another sync after some time, even when nothing
// changes. One that is asked for earlier comes in addition, not instead.
type RequeueAfter struct {
	After time.Duration
}

// Event is what the controller tells its users about an object.
type Event struct {
	Object  v1.ObjectReference
	Type    string // v1.EventTypeNormal or v1.EventTypeWarning
	Reason  string
	Message string
}

func (CreateReplicaSet) isAction()       {}
func (UpdateReplicaSet) isAction()       {}
func (DeleteReplicaSet) isAction()       {}
func (UpdateReplicaSetStatus) isAction() {}
func (UpdateDeployment) isAction()       {}
func (UpdateDeploymentStatus) isAction() {}
func (CreatePods) isAction()             {}
func (DeletePods) isAction()             {}
func (RequeueAfter) isAction()           {}
func (Event) isAction()                  {}
