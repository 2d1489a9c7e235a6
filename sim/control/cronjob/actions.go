package cronjob

import (
	"time"

	batch "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Action is one step of a sync. Objects in it are read-only: they may be those
// of the view.
type Action = control.Action

// DeleteJob deletes a Job, and in the background its pods.
type DeleteJob struct {
	Job *batch.Job
	// Replaced: it still ran when the next one was due. Otherwise it has ended,
	// and is one more than the history is to hold.
	Replaced bool
}

// CreateJob creates a Job. What the sync does next depends on the answer.
type CreateJob struct {
	Job *batch.Job
	// Scheduled is the time that it is made for.
	Scheduled time.Time
}

// UpdateStatus writes nothing but the status. When the CronJob has changed since
// the sync began, the API server refuses it: the rest of the sync is not done,
// and it is tried again as after a Retry.
type UpdateStatus struct{ Status batch.CronJobStatus }

// RequeueAfter is every controller's.
type RequeueAfter = control.RequeueAfter

// Retry says that the sync failed: it is to be tried again after the back-off of
// the work queue.
type Retry struct{ Err error }

// Event is every controller's.
type Event = control.Event

func (DeleteJob) IsAction()    {}
func (CreateJob) IsAction()    {}
func (UpdateStatus) IsAction() {}
func (Retry) IsAction()        {}
