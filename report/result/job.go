package result

import (
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// CronJob is what became of the times of a CronJob's schedule, as sums of a
// replication. Of its Jobs Workload.Job tells.
type CronJob struct {
	// Started counts the Jobs that it made, Skipped the times for which there was
	// none, Replaced the Jobs that were deleted because the next one was due.
	Started  stat.Summary `json:"started"`
	Skipped  stat.Summary `json:"skipped"`
	Replaced stat.Summary `json:"replaced"`
	// Delay is the longest time from when a Job was due until it was made.
	Delay stat.Summary `json:"delay"`
	// Reasons are those of the skipped times of all replications:
	// JobAlreadyActive, FailedCreate, StartingDeadline, Unknown.
	Reasons map[string]int64 `json:"reasons"`
	// Course is what happened in replication 0.
	Course []CronJobStep `json:"course"`
}

// CronJobStep is what became of a time of the schedule. Phase is started, held
// (not yet) or skipped; then it is the last of Count times.
type CronJobStep struct {
	T         sim.Time         `json:"t"`
	Scheduled sim.Time         `json:"scheduled"`
	Phase     record.CronPhase `json:"phase"`
	Job       string           `json:"job,omitempty"` // its name
	Reason    string           `json:"reason,omitempty"`
	Count     int64            `json:"count,omitempty"`
}

// Job is what became of a Job over all replications. It runs anew when it is
// deleted and applied again.
type Job struct {
	// Runs counts how often it was started, Complete and Failed how those runs
	// ended; the others were deleted, suspended or not at their end.
	Runs     int `json:"runs"`
	Complete int `json:"complete"`
	Failed   int `json:"failed"`
	// Reasons are those of the runs that failed: BackoffLimitExceeded,
	// DeadlineExceeded, PodFailurePolicy, FailedIndexes, MaxFailedIndexesExceeded.
	Reasons map[string]int `json:"reasons"`
	// Message and FailedIndexes are those of the first run that failed.
	Message       string `json:"message,omitempty"`
	FailedIndexes string `json:"failedIndexes,omitempty"`
	// Duration is from start to end of the runs that are complete. The others are
	// sums of a replication: good pods (of an Indexed Job indexes), pods that count
	// as failed, and the time that pods ran which did not end well.
	Duration   stat.Summary `json:"duration"`
	Succeeded  stat.Summary `json:"succeeded"`
	PodsFailed stat.Summary `json:"podsFailed"`
	InVain     stat.Summary `json:"inVain"`
	// Course is how its status changed in replication 0.
	Course []JobStep `json:"course"`
}

// JobStep is a change of a Job's phase or counts. Phase is running, suspended,
// complete, failed or deleted.
type JobStep struct {
	T         sim.Time        `json:"t"`
	Phase     record.JobPhase `json:"phase"`
	Active    int32           `json:"active"`
	Succeeded int32           `json:"succeeded"`
	Failed    int32           `json:"failed"`
	// Job is the name of a CronJob's Job.
	Job string `json:"job,omitempty"`
}
