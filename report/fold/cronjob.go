package fold

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// cronJobs is the state of a workload that is a CronJob; nil of others.
type cronJobs struct {
	started, skipped, replaced int64
	delay                      sim.Time
	reasons                    map[string]int64
	course                     []result.CronJobStep
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
	c.course = append(c.course, result.CronJobStep{T: rec.T, Scheduled: rec.Scheduled, Phase: rec.Phase, Job: job,
		Reason: rec.Reason, Count: rec.Count})
	return nil
}

func newCronJobs() *cronJobs { return &cronJobs{reasons: map[string]int64{}} }

// ofCronJobs is a metric of CronJobs, missing of others.
func ofCronJobs(measure func(*cronJobs) stat.Value) func(*workload) stat.Value {
	return func(w *workload) stat.Value {
		if w.cron == nil {
			return stat.Missing
		}
		return measure(w.cron)
	}
}

// cronTotals are the CronJobs of all replications.
type cronTotals struct {
	Started, Skipped, Replaced int64
	Skipping, Replacing        int // replications
	Reasons                    map[string]int64
	Gap                        sim.Time
	course                     []result.CronJobStep
}

func (t *WorkloadTotals) foldCronJob(replication int, c *cronJobs) {
	if c == nil {
		return
	}
	if t.Cron == nil {
		t.Cron = &cronTotals{Reasons: map[string]int64{}}
	}
	of := t.Cron
	of.Started, of.Skipped, of.Replaced = of.Started+c.started, of.Skipped+c.skipped, of.Replaced+c.replaced
	if c.skipped > 0 {
		of.Skipping++
	}
	if c.replaced > 0 {
		of.Replacing++
	}
	for reason, n := range c.reasons {
		of.Reasons[reason] += n
	}
	if c.gap > 0 && (of.Gap == 0 || c.gap < of.Gap) {
		of.Gap = c.gap
	}
	if replication == 0 {
		of.course = c.course
	}
}

// cronJobResult is nil for a workload that isn't a CronJob.
func (f *Facts) cronJobResult(key string, t *WorkloadTotals) *result.CronJob {
	c := t.Cron
	if c == nil {
		return nil
	}
	of := func(metric string) stat.Summary { return stat.Summarize(f.values[result.MetricKey(metric, key)]) }
	return &result.CronJob{
		Started: of("cronjob.started"), Skipped: of("cronjob.skipped"), Replaced: of("cronjob.replaced"),
		Delay:   of("cronjob.delay"),
		Reasons: c.Reasons, Course: result.NotNil(c.course),
	}
}
