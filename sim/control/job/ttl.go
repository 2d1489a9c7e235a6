package job

import (
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
)

// TTL is how long a finished Job has left, 0 when it is to be deleted now. It
// is false for a Job that isn't to be deleted
// (pkg/controller/ttlafterfinished/ttlafterfinished_controller.go, timeLeft).
func TTL(job *batch.Job, now time.Time) (time.Duration, bool) {
	if job.Spec.TTLSecondsAfterFinished == nil || job.DeletionTimestamp != nil {
		return 0, false
	}
	for _, c := range job.Status.Conditions {
		if (c.Type == batch.JobComplete || c.Type == batch.JobFailed) && c.Status == v1.ConditionTrue {
			expires := c.LastTransitionTime.Add(time.Duration(*job.Spec.TTLSecondsAfterFinished) * time.Second)
			return max(0, expires.Sub(now)), true
		}
	}
	return 0, false
}
