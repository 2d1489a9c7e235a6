package cronjob

import (
	"errors"

	batch "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// View is what the controller sees of one CronJob. It is read-only.
type View struct {
	// CronJob has gone through the API server's defaulting.
	CronJob *batch.CronJob
	// Jobs are those that it owns. Upstream has them in no particular order;
	// where the order shows, it is this one.
	Jobs []*batch.Job

	// StoredCronJob and StoredJob are what the API server answers when the
	// controller asks past its caches, nil when there is none. They are asked
	// where the caches may be behind.
	StoredCronJob *batch.CronJob
	StoredJob     func(namespace, name string) *batch.Job

	// Answer is what the API server said to the CreateJob of this very sync, nil
	// before.
	Answer *Answer
}

// Answer is the API server's to a new Job: the Job as it is stored, or why it is
// not.
type Answer struct {
	Job *batch.Job
	Err error
}

func (v *View) validate() error {
	cj := v.CronJob
	if cj == nil {
		return errors.New("cronjob: must be set, got nil")
	}
	f := control.FaultsOf("cronjob", cj)
	for _, limit := range []struct {
		field string
		value *int32
	}{
		{"successfulJobsHistoryLimit", cj.Spec.SuccessfulJobsHistoryLimit},
		{"failedJobsHistoryLimit", cj.Spec.FailedJobsHistoryLimit},
	} {
		if limit.value != nil && *limit.value < 0 {
			f.Add("spec.%s: must be at least 0, got %d", limit.field, *limit.value)
		}
	}
	for i, job := range v.Jobs {
		if job == nil {
			f.Add("jobs[%d]: must be set, got nil", i)
		}
	}
	if v.StoredJob == nil {
		f.Add("storedJob: must be set, got nil")
	}
	if a := v.Answer; a != nil && (a.Job == nil) == (a.Err == nil) {
		f.Add("answer: must be a job or an error, got both or neither")
	}
	return f.Err()
}
