package job

import (
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Action is one step of a sync. Objects in it are read-only: they may be those
// of the view.
type Action = control.Action

// CreatePods creates pods, in batches of 1, 2, 4 … of which each runs side by
// side and after the one before. They have a GenerateName and no name. The
// event SuccessfulCreate of each is not an action of its own.
type CreatePods struct{ Pods []*v1.Pod }

// DeletePods deletes pods, all side by side, each with its own grace period. The
// event SuccessfulDelete of each is not an action of its own.
type DeletePods struct {
	Pods []*v1.Pod
	// Release takes the tracking finalizer off each pod before it is deleted, so
	// that it counts for nothing: it is one too many, or the Job is suspended.
	Release bool
}

// RemoveFinalizers takes the tracking finalizer off pods, all side by side: what
// became of them is in the status that was written before. One under deletion
// disappears with it.
type RemoveFinalizers struct{ Pods []*v1.Pod }

// UpdateStatus writes nothing but the status. Its times are whole seconds, as
// the API server keeps them.
type UpdateStatus struct{ Status batch.JobStatus }

// Remember replaces Memory.Backoff.
type Remember struct{ Backoff Backoff }

// RequeueAfter is every controller's.
type RequeueAfter = control.RequeueAfter

// Event is every controller's.
type Event = control.Event

func (CreatePods) IsAction()       {}
func (DeletePods) IsAction()       {}
func (RemoveFinalizers) IsAction() {}
func (UpdateStatus) IsAction()     {}
func (Remember) IsAction()         {}
