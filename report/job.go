package report

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

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
	Duration   Summary `json:"duration"`
	Succeeded  Summary `json:"succeeded"`
	PodsFailed Summary `json:"podsFailed"`
	InVain     Summary `json:"inVain"`
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
	course []JobStep
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
	j.course = append(j.course, JobStep{rec.T, rec.Phase, rec.Active, rec.Succeeded, rec.Failed, name})
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
func ofJobs(measure func(*jobs) Value) func(*workload) Value {
	return func(w *workload) Value {
		if w.job == nil || len(w.job.runs) == 0 {
			return Missing
		}
		return measure(w.job)
	}
}

// duration is that of the longest run, infinite when one is not complete. That a
// CronJob's goes on at the end is no failure.
func (j *jobs) duration() Value {
	longest := Value(0)
	for _, run := range j.runs {
		took := Value((run.ended - run.started).Seconds())
		switch {
		case run.job != "" && !run.over:
			took = Value((j.closed - run.started).Seconds())
		case run.last.Phase != record.JobComplete:
			took = Value(math.Inf(1))
		}
		longest = max(longest, took)
	}
	return longest
}

func (j *jobs) count(of func(*jobRun) int32) Value {
	n := int32(0)
	for _, run := range j.runs {
		n += of(run)
	}
	return Value(n)
}

func (j *jobs) failures() Value {
	return j.count(func(run *jobRun) int32 {
		if run.last.Phase == record.JobFailed {
			return 1
		}
		return 0
	})
}

func (j *jobs) succeeded() Value {
	return j.count(func(run *jobRun) int32 { return run.last.Succeeded })
}

func (j *jobs) podsFailed() Value {
	return j.count(func(run *jobRun) int32 { return run.last.Failed })
}

// jobTotals are the runs of a Job in all replications.
type jobTotals struct {
	runs, complete, failed int
	open                   int // runs of a CronJob that go on at the end
	unfinished             int // replications whose last run goes on at the end
	failedRuns             map[string]*jobFailures
	durations, inVain      []Value
	course                 []JobStep
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
			of.durations = append(of.durations, Value((run.ended - run.started).Seconds()))
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
	of.inVain = append(of.inVain, Value(j.inVain.Seconds()))
	if replication == 0 {
		of.course = j.course
	}
}

// jobResult is nil for a workload that isn't a Job.
func (f *Facts) jobResult(key string, t *workloadTotals) *Job {
	j := t.job
	if j == nil {
		return nil
	}
	result := &Job{
		Runs: j.runs, Complete: j.complete, Failed: j.failed, Reasons: map[string]int{},
		Duration:   summarize(j.durations).clip(0, f.run.Duration.Seconds()),
		Succeeded:  summarize(f.values[metricKey("job.succeeded", key)]),
		PodsFailed: summarize(f.values[metricKey("job.pods.failed", key)]),
		InVain:     summarize(j.inVain),
		Course:     notNil(j.course),
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
