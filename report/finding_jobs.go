package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findFailedJobs tells of Jobs that fail as a whole, and what goes with them.
func findFailedJobs(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		if w.job == nil {
			return nil
		}
		var all []result.Finding
		for _, reason := range slices.Sorted(maps.Keys(w.job.failedRuns)) {
			all = append(all, f.failedJob(key, w, reason, w.job.failedRuns[reason]))
		}
		return all
	})
}

func (f *facts) failedJob(key string, w *workloadTotals, reason string, failures *jobFailures) result.Finding {
	last := failures.first
	what, whose := "the Job fails", "its"
	if w.cron != nil {
		what, whose = words.CountOf(failures.runs, "Job")+" of it failed", "the first's"
	}
	what += fmt.Sprintf("%s, %s after %s start (%s): %s", f.inRuns(failures.replications), words.Time(failures.after), whose, reason, jobCounts(w, last.Succeeded, last.Failed))
	if last.FailedIndexes != "" {
		what += fmt.Sprintf("; indexes that failed for good: %s", last.FailedIndexes)
	}
	if inVain := stat.Summarize(w.job.inVain).Mean; inVain.Known() && inVain > 0 {
		what += fmt.Sprintf("; pods ran for %s in vain", words.Duration(float64(inVain)))
	}
	perIndex := "set backoffLimitPerIndex, so that an index which keeps failing does not end the others"
	indexed := plan(w).Mode == "Indexed"
	change := ""
	switch reason {
	case "BackoffLimitExceeded":
		change = w.mendFailures()
		if indexed {
			change += ", or " + perIndex
		} else {
			change += ", or raise backoffLimit"
		}
	case "DeadlineExceeded":
		change = "Raise activeDeadlineSeconds, or parallelism if the cluster has room"
	case "PodFailurePolicy":
		what += fmt.Sprintf(" (%s)", last.Message)
		change = w.mendFailures() + ", or let a rule of podFailurePolicy ignore or count what passes by itself"
	case "MaxFailedIndexesExceeded":
		change = w.mendFailures() + ", or raise maxFailedIndexes"
	default:
		change = w.mendFailures() + ", or raise backoffLimitPerIndex"
	}
	return result.Finding{What: what + ".", Change: change + "."}
}

// jobCounts is how far a Job came.
func jobCounts(w *workloadTotals, succeeded, failed int32) string {
	wanted := ""
	if n := plan(w).Completions; n != nil {
		wanted = fmt.Sprintf(" of %d", *n)
	}
	return fmt.Sprintf("%d%s completions, %s failed", succeeded, wanted, words.CountOf(int(failed), "pod"))
}

// plan is that of a Job, or of a CronJob's Jobs.
func plan(w *workloadTotals) record.JobPlan {
	if p := w.declared.Strategy.Jobs; p != nil {
		return *p
	}
	return record.JobPlan{}
}

// mendFailures is the change for what makes the pods of a Job fail.
func (t *workloadTotals) mendFailures() string {
	if keys := t.evidence.oomKillKeys(); len(keys) > 0 {
		k := keys[len(keys)-1]
		if k.limit > 0 {
			return fmt.Sprintf("Raise limits.memory of container %s above %s", k.container, words.Bytes(float64(k.limit)))
		}
		return fmt.Sprintf("Raise limits.memory of container %s", k.container)
	}
	if keys := t.evidence.crashKeys(); len(keys) > 0 {
		return fmt.Sprintf("Mend why container %s exits with code %d", keys[0].container, keys[0].exitCode)
	}
	return "Mend why its pods fail"
}

// findUnfinishedJobs tells of Jobs that go on at the end of the run. Of pods
// that wait for ever another rule tells.
func findUnfinishedJobs(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		if w.job == nil || w.job.unfinished == 0 {
			return nil
		}
		last := w.job.last
		what := fmt.Sprintf("the Job is not over at the end of the run%s: %s, %d active", f.inRuns(w.job.unfinished),
			jobCounts(w, last.Succeeded, last.Failed), last.Active)
		change := "Give the run a longer duration, or the Job more parallelism and machines."
		for _, message := range slices.Sorted(maps.Keys(w.evidence.waits)) {
			if wait := w.evidence.waits[message]; wait.atEnd > 0 {
				what += fmt.Sprintf("; %s found no node", words.CountOf(wait.atEnd, "pod"))
				_, change = f.mendScheduling(w, wait.example)
				break
			}
		}
		return []result.Finding{{What: what + ".", Change: change}}
	})
}

// allComplete reports whether every run of a Job has ended well, or is one of a
// CronJob that goes on.
func (j *jobTotals) allComplete() bool { return j != nil && j.complete+j.open == j.runs }
