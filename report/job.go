package report

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// jobRun is one run of a Job.
type jobRun struct {
	job            string // of a CronJob
	started, ended sim.Time
	last           record.JobChanged
	over           bool
}

// jobs is the state of a workload that is a Job or a CronJob; nil of others.
type jobs struct {
	closed sim.Time // the end of the replication
	runs   []*jobRun
	course []result.JobStep
	inVain sim.Time
}

func (r *replication) jobChanged(rec record.JobChanged) error {
	switch rec.Phase {
	case record.JobRunning, record.JobHeld, record.JobComplete, record.JobFailed, record.JobDeleted:
	default:
		return fmt.Errorf("phase: must be one of running, suspended, complete, failed, deleted, got %q", rec.Phase)
	}
	w := r.workload(rec.Workload)
	if w.job == nil {
		w.job = &jobs{}
	}
	j := w.job
	name := record.ShortName(rec.Job)
	j.course = append(j.course, result.JobStep{T: rec.T, Phase: rec.Phase, Active: rec.Active, Succeeded: rec.Succeeded, Failed: rec.Failed, Job: name})
	run := j.open(name)
	if rec.Phase == record.JobDeleted {
		if run != nil {
			run.over = true
		}
		if w.cron != nil && record.Deletion(rec.Reason) == record.JobReplaced {
			w.cron.replaced++
		}
		return nil
	}
	if run == nil {
		run = &jobRun{job: name, started: rec.T}
		j.runs = append(j.runs, run)
	}
	if run.last.Phase == record.JobHeld && rec.Phase == record.JobRunning {
		run.started = rec.T
	}
	run.last = rec
	if rec.Phase.Over() {
		run.ended, run.over = rec.T, true
	}
	return nil
}

// open is the run that goes on of a Job, "" of the one that is no CronJob's.
func (j *jobs) open(job string) *jobRun {
	for i := len(j.runs) - 1; i >= 0; i-- {
		if run := j.runs[i]; run.job == job && !run.over {
			return run
		}
	}
	return nil
}

// settle adds the time of a pod that did not end well.
func (j *jobs) settle(p *pod) {
	if p.Phase != "Succeeded" {
		j.inVain += p.ran
	}
}

// ofJobs is a metric of Jobs, missing of others and of those never started.
func ofJobs(measure func(*jobs) stat.Value) func(*workload) stat.Value {
	return func(w *workload) stat.Value {
		if w.job == nil || len(w.job.runs) == 0 {
			return stat.Missing
		}
		return measure(w.job)
	}
}

// duration is that of the longest run, infinite when one is not complete. That a
// CronJob's goes on at the end is no failure.
func (j *jobs) duration() stat.Value {
	longest := stat.Value(0)
	for _, run := range j.runs {
		took := stat.Value((run.ended - run.started).Seconds())
		switch {
		case run.job != "" && !run.over:
			took = stat.Value((j.closed - run.started).Seconds())
		case run.last.Phase != record.JobComplete:
			took = stat.Value(math.Inf(1))
		}
		longest = max(longest, took)
	}
	return longest
}

func (j *jobs) count(of func(*jobRun) int32) stat.Value {
	n := int32(0)
	for _, run := range j.runs {
		n += of(run)
	}
	return stat.Value(n)
}

func (j *jobs) failures() stat.Value {
	return j.count(func(run *jobRun) int32 {
		if run.last.Phase == record.JobFailed {
			return 1
		}
		return 0
	})
}

func (j *jobs) succeeded() stat.Value {
	return j.count(func(run *jobRun) int32 { return run.last.Succeeded })
}

func (j *jobs) podsFailed() stat.Value {
	return j.count(func(run *jobRun) int32 { return run.last.Failed })
}

// jobTotals are the runs of a Job in all replications.
type jobTotals struct {
	runs, complete, failed int
	open                   int // runs of a CronJob that go on at the end
	unfinished             int // replications whose last run goes on at the end
	failedRuns             map[string]*jobFailures
	durations, inVain      []stat.Value
	course                 []result.JobStep
	last                   record.JobChanged // of the first replication that is unfinished
}

// jobFailures are the runs that failed for one reason.
type jobFailures struct {
	runs, replications int
	first              record.JobChanged
	after              sim.Time // the start, of the first
}

func (t *workloadTotals) foldJob(replication int, j *jobs) {
	if j == nil || len(j.course) == 0 {
		return
	}
	if t.job == nil {
		t.job = &jobTotals{failedRuns: map[string]*jobFailures{}}
	}
	of := t.job
	seen := map[string]bool{}
	for i, run := range j.runs {
		of.runs++
		switch run.last.Phase {
		case record.JobComplete:
			of.complete++
			of.durations = append(of.durations, stat.Value((run.ended - run.started).Seconds()))
		case record.JobFailed:
			of.failed++
			f := entry(of.failedRuns, run.last.Reason)
			if f.runs++; f.runs == 1 {
				f.first, f.after = run.last, run.ended-run.started
			}
			if !seen[run.last.Reason] {
				seen[run.last.Reason] = true
				f.replications++
			}
		case record.JobRunning:
			if run.job != "" {
				if !run.over {
					of.open++
				}
			} else if i == len(j.runs)-1 && !run.over {
				if of.unfinished++; of.unfinished == 1 {
					of.last = run.last
				}
			}
		}
	}
	of.inVain = append(of.inVain, stat.Value(j.inVain.Seconds()))
	if replication == 0 {
		of.course = j.course
	}
}

// jobResult is nil for a workload that isn't a Job.
func (f *Facts) jobResult(key string, t *workloadTotals) *result.Job {
	j := t.job
	if j == nil {
		return nil
	}
	result := &result.Job{
		Runs: j.runs, Complete: j.complete, Failed: j.failed, Reasons: map[string]int{},
		Duration:   stat.Summarize(j.durations).Clip(0, f.run.Duration.Seconds()),
		Succeeded:  stat.Summarize(f.values[result.MetricKey("job.succeeded", key)]),
		PodsFailed: stat.Summarize(f.values[result.MetricKey("job.pods.failed", key)]),
		InVain:     stat.Summarize(j.inVain),
		Course:     result.NotNil(j.course),
	}
	for _, reason := range slices.Sorted(maps.Keys(j.failedRuns)) {
		f := j.failedRuns[reason]
		result.Reasons[reason] = f.runs
		if result.Message == "" {
			result.Message, result.FailedIndexes = f.first.Message, f.first.FailedIndexes
		}
	}
	return result
}
