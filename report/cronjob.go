package report

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// CronJob is what became of the times of a CronJob's schedule, as sums of a
// replication. Of its Jobs Workload.Job tells.
type CronJob struct {
	// Started counts the Jobs that it made, Skipped the times for which there was
	// none, Replaced the Jobs that were deleted because the next one was due.
	Started  Summary `json:"started"`
	Skipped  Summary `json:"skipped"`
	Replaced Summary `json:"replaced"`
	// Delay is the longest time from when a Job was due until it was made.
	Delay Summary `json:"delay"`
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

// cronJobs is the state of a workload that is a CronJob; nil of others.
type cronJobs struct {
	started, skipped, replaced int64
	delay                      sim.Time
	reasons                    map[string]int64
	course                     []CronJobStep
	gap, last                  sim.Time // shortest between two times, and the last of them
}

func (r *replication) cronJobRun(rec record.CronJobRun) error {
	w := r.workload(rec.Workload)
	if w.cron == nil {
		w.cron = newCronJobs()
	}
	c := w.cron
	switch rec.Phase {
	case record.CronStarted:
		c.started++
		c.delay = max(c.delay, rec.T-rec.Scheduled)
	case record.CronSkipped:
		c.skipped += rec.Count
		reason := rec.Reason
		if reason == "" {
			reason = "Unknown"
		}
		c.reasons[reason] += rec.Count
	case record.CronHeld:
	default:
		return fmt.Errorf("phase: must be one of started, held, skipped, got %q", rec.Phase)
	}
	if d := rec.Scheduled - c.last; d > 0 && c.last > 0 && (c.gap == 0 || d < c.gap) {
		c.gap = d
	}
	c.last = rec.Scheduled
	job := record.ShortName(rec.Job)
	c.course = append(c.course, CronJobStep{rec.T, rec.Scheduled, rec.Phase, job, rec.Reason, rec.Count})
	return nil
}

func newCronJobs() *cronJobs { return &cronJobs{reasons: map[string]int64{}} }

// ofCronJobs is a metric of CronJobs, missing of others.
func ofCronJobs(measure func(*cronJobs) Value) func(*workload) Value {
	return func(w *workload) Value {
		if w.cron == nil {
			return Missing
		}
		return measure(w.cron)
	}
}

// cronTotals are the CronJobs of all replications.
type cronTotals struct {
	started, skipped, replaced int64
	skipping, replacing        int // replications
	reasons                    map[string]int64
	gap                        sim.Time
	course                     []CronJobStep
}

func (t *workloadTotals) foldCronJob(replication int, c *cronJobs) {
	if c == nil {
		return
	}
	if t.cron == nil {
		t.cron = &cronTotals{reasons: map[string]int64{}}
	}
	of := t.cron
	of.started, of.skipped, of.replaced = of.started+c.started, of.skipped+c.skipped, of.replaced+c.replaced
	if c.skipped > 0 {
		of.skipping++
	}
	if c.replaced > 0 {
		of.replacing++
	}
	for reason, n := range c.reasons {
		of.reasons[reason] += n
	}
	if c.gap > 0 && (of.gap == 0 || c.gap < of.gap) {
		of.gap = c.gap
	}
	if replication == 0 {
		of.course = c.course
	}
}

// cronJobResult is nil for a workload that isn't a CronJob.
func (f *Facts) cronJobResult(key string, t *workloadTotals) *CronJob {
	c := t.cron
	if c == nil {
		return nil
	}
	of := func(metric string) Summary { return summarize(f.values[metricKey(metric, key)]) }
	return &CronJob{
		Started: of("cronjob.started"), Skipped: of("cronjob.skipped"), Replaced: of("cronjob.replaced"), Delay: of("cronjob.delay"),
		Reasons: c.reasons, Course: notNil(c.course),
	}
}
