package fold

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
	going  map[string]*jobRun // those that go on, by Job; "" of the one that is no CronJob's
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
	j.course = append(j.course, result.JobStep{T: rec.T, Phase: rec.Phase, Active: rec.Active, Succeeded: rec.Succeeded,
		Failed: rec.Failed, Job: name})
	run := j.going[name]
	if rec.Phase == record.JobDeleted {
		if run != nil {
			run.over = true
			delete(j.going, name)
		}
		if w.cron != nil && record.Deletion(rec.Reason) == record.JobReplaced {
			w.cron.replaced++
		}
		return nil
	}
	if run == nil {
		run = &jobRun{job: name, started: rec.T}
		j.runs = append(j.runs, run)
		if j.going == nil {
			j.going = map[string]*jobRun{}
		}
		j.going[name] = run
	}
	if run.last.Phase == record.JobHeld && rec.Phase == record.JobRunning {
		run.started = rec.T
	}
	run.last = rec
	if rec.Phase.Over() {
		run.ended, run.over = rec.T, true
		delete(j.going, name)
	}
	return nil
}

// settle adds the time of a pod that did not end well.
func (j *jobs) settle(p *Pod) {
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

// JobTotals are the runs of a Job in all replications.
type JobTotals struct {
	Runs, Complete, failed int
	Open                   int // runs of a CronJob that go on at the end
	Unfinished             int // replications whose last run goes on at the end
	FailedRuns             map[string]*JobFailures
	Durations, InVain      []stat.Value
	course                 []result.JobStep
	Last                   record.JobChanged // of the first replication that is unfinished
}

// JobFailures are the runs that failed for one reason.
type JobFailures struct {
	Runs, Replications int
	First              record.JobChanged
	After              sim.Time // the start, of the first
}

func (t *WorkloadTotals) foldJob(replication int, j *jobs) {
	if j == nil || len(j.course) == 0 {
		return
	}
	if t.Job == nil {
		t.Job = &JobTotals{FailedRuns: map[string]*JobFailures{}}
	}
	of := t.Job
	seen := map[string]bool{}
	for i, run := range j.runs {
		of.Runs++
		switch run.last.Phase {
		case record.JobComplete:
			of.Complete++
			of.Durations = append(of.Durations, stat.Value((run.ended - run.started).Seconds()))
		case record.JobFailed:
			of.failed++
			f := entry(of.FailedRuns, run.last.Reason)
			if f.Runs++; f.Runs == 1 {
				f.First, f.After = run.last, run.ended-run.started
			}
			if !seen[run.last.Reason] {
				seen[run.last.Reason] = true
				f.Replications++
			}
		case record.JobRunning:
			if run.job != "" {
				if !run.over {
					of.Open++
				}
			} else if i == len(j.runs)-1 && !run.over {
				if of.Unfinished++; of.Unfinished == 1 {
					of.Last = run.last
				}
			}
		}
	}
	of.InVain = append(of.InVain, stat.Value(j.inVain.Seconds()))
	if replication == 0 {
		of.course = j.course
	}
}

// jobResult is nil for a workload that isn't a Job.
func (f *Facts) jobResult(key string, t *WorkloadTotals) *result.Job {
	j := t.Job
	if j == nil {
		return nil
	}
	result := &result.Job{
		Runs: j.Runs, Complete: j.Complete, Failed: j.failed, Reasons: map[string]int{},
		Duration:   stat.Summarize(j.Durations).Clip(0, f.Run.Duration.Seconds()),
		Succeeded:  stat.Summarize(f.values[result.MetricKey("job.succeeded", key)]),
		PodsFailed: stat.Summarize(f.values[result.MetricKey("job.pods.failed", key)]),
		InVain:     stat.Summarize(j.InVain),
		Course:     result.NotNil(j.course),
	}
	for _, reason := range slices.Sorted(maps.Keys(j.FailedRuns)) {
		f := j.FailedRuns[reason]
		result.Reasons[reason] = f.Runs
		if result.Message == "" {
			result.Message, result.FailedIndexes = f.First.Message, f.First.FailedIndexes
		}
	}
	return result
}
