package deployment

import (
	apps "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Action is one write of the controller, or its wish for another sync. Objects
// in it are read-only: they may be those of the view.
type Action = control.Action

// CreateReplicaSet creates the new ReplicaSet. The caller gives it what the API
// server does: UID, creation time and generation 1.
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

// UpdateDeployment writes the Deployment as a whole: annotations, status and,
// after a rollback, the template. Its generation is the one after the write:
// a new revision number travels with the status and leaves it as it was.
type UpdateDeployment struct {
	Deployment *apps.Deployment
}

// UpdateStatus writes nothing but the status.
type UpdateStatus struct {
	Deployment *apps.Deployment // with the new status
	Status     apps.DeploymentStatus
}

// RequeueAfter is every controller's.
type RequeueAfter = control.RequeueAfter

// Refused is a request that the API server is sure to refuse: the sync itself has
// written the object since it was read, or its name is taken. The sync ends with it,
// and comes again as the work queue's back-off says.
type Refused struct{}

// Retry ends the sync, which has failed: it comes again as the work queue's
// back-off says.
type Retry struct{}

// MaxRetries is how often a sync that fails is tried again. Then the controller
// waits until something changes (deployment_controller.go, maxRetries).
const MaxRetries = 15

// Event is every controller's.
type Event = control.Event

func (CreateReplicaSet) IsAction() {}
func (UpdateReplicaSet) IsAction() {}
func (DeleteReplicaSet) IsAction() {}
func (UpdateDeployment) IsAction() {}
func (UpdateStatus) IsAction()     {}
func (Refused) IsAction()          {}
func (Retry) IsAction()            {}

// AfterWrites is what is left of a sync's actions after its first n writes.
func AfterWrites(actions []Action, n int) []Action {
	for ; n > 0; actions = actions[1:] {
		switch actions[0].(type) {
		case Event, RequeueAfter:
		default:
			n--
		}
	}
	return actions
}
