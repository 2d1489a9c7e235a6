package cronjob

import (
	"time"

	batch "k8s.io/api/batch/v1"
)

// Action is one step of a sync. Objects in it are read-only: they may be those
// of the view.
type Action interface{ isAction() }

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

// RequeueAfter asks for another sync after some time from now, even when nothing
// changes. Of several only the first comes: upstream's queue holds a key once.
type RequeueAfter struct{ After time.Duration }

// Retry says that the sync failed: it is to be tried again after the back-off of
// the work queue.
type Retry struct{ Err error }

// Event is what the controller tells its users about the CronJob.
type Event struct {
	Type    string // v1.EventTypeNormal or v1.EventTypeWarning
	Reason  string
	Message string
}

func (DeleteJob) isAction()    {}
func (CreateJob) isAction()    {}
func (UpdateStatus) isAction() {}
func (RequeueAfter) isAction() {}
func (Retry) isAction()        {}
func (Event) isAction()        {}
