package finding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findFailedJobs tells of Jobs that fail as a whole, and what goes with them.
func findFailedJobs(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if w.Job == nil {
			return nil
		}
		var all []result.Finding
		for _, reason := range slices.Sorted(maps.Keys(w.Job.FailedRuns)) {
			all = append(all, f.failedJob(key, w, reason, w.Job.FailedRuns[reason]))
		}
		return all
	})
}

func (f *facts) failedJob(key string, w *fold.WorkloadTotals, reason string,
	failures *fold.JobFailures) result.Finding {
	last := failures.First
	what, whose := "the Job fails", "its"
	if w.Cron != nil {
		what, whose = words.CountOf(failures.Runs, "Job")+" of it failed", "the first's"
	}
	what += fmt.Sprintf("%s, %s after %s start (%s): %s", f.inRuns(failures.Replications), words.Time(failures.After),
		whose, reason, jobCounts(w, last.Succeeded, last.Failed))
	if last.FailedIndexes != "" {
		what += fmt.Sprintf("; indexes that failed for good: %s", last.FailedIndexes)
	}
	if inVain := stat.Summarize(w.Job.InVain).Mean; inVain.Known() && inVain > 0 {
		what += fmt.Sprintf("; pods ran for %s in vain", words.Duration(float64(inVain)))
	}
	perIndex := "set backoffLimitPerIndex, so that an index which keeps failing does not end the others"
	indexed := plan(w).Mode == "Indexed"
	change := ""
	switch reason {
	case "BackoffLimitExceeded":
		change = mendFailures(w)
		if indexed {
			change += ", or " + perIndex
		} else {
			change += ", or raise backoffLimit"
		}
	case "DeadlineExceeded":
		change = "Raise activeDeadlineSeconds, or parallelism if the cluster has room"
		if wait := deletedWaiting(w); wait != nil {
			what += fmt.Sprintf("; %s never found a node (%s)", words.CountOf(wait.Deleted, "pod"),
				upstream.Binding(wait.Example.Message))
			lack, mend := f.mendScheduling(w, wait.Example)
			if lack != "" {
				what += "; " + lack
			}
			change = strings.TrimSuffix(mend, ".")
		}
	case "PodFailurePolicy":
		what += fmt.Sprintf(" (%s)", last.Message)
		change = mendFailures(w) + ", or let a rule of podFailurePolicy ignore or count what passes by itself"
	case "MaxFailedIndexesExceeded":
		change = mendFailures(w) + ", or raise maxFailedIndexes"
	default:
		change = mendFailures(w) + ", or raise backoffLimitPerIndex"
	}
	return result.Finding{What: what + ".", Change: change + "."}
}

// deletedWaiting are pods that were deleted while they waited for a node, nil for none.
func deletedWaiting(w *fold.WorkloadTotals) *fold.WaitTotals {
	for _, message := range slices.Sorted(maps.Keys(w.Evidence.Waits)) {
		if wait := w.Evidence.Waits[message]; message != "" && wait.Deleted > 0 {
			return wait
		}
	}
	return nil
}

// findKeptAlive tells of pods of Jobs that a container keeps from ending.
func findKeptAlive(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		keys := slices.SortedFunc(maps.Keys(w.Evidence.KeptAlive), func(a, b fold.KeptAlive) int {
			return cmp.Or(cmp.Compare(a.Done, b.Done), cmp.Compare(a.Running, b.Running))
		})
		for _, k := range keys {
			t := w.Evidence.KeptAlive[k]
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s ran on after container %s had done its work in %s%s, for up to %s: "+
					"a pod of a Job is not over before all its containers are.", k.Running, k.Done,
					words.CountOf(int(t.N), "pod"), f.inRuns(t.Runs), words.Time(t.Longest)),
				Change: fmt.Sprintf("Make container %s an init container with restartPolicy: Always (a native sidecar), "+
					"which is stopped when the others are done, or let it end with them.", k.Running),
			})
		}
		return all
	})
}

// jobCounts is how far a Job came.
func jobCounts(w *fold.WorkloadTotals, succeeded, failed int32) string {
	wanted := ""
	if n := plan(w).Completions; n != nil {
		wanted = fmt.Sprintf(" of %d", *n)
	}
	return fmt.Sprintf("%d%s completions, %s failed", succeeded, wanted, words.CountOf(int(failed), "pod"))
}

// plan is that of a Job, or of a CronJob's Jobs.
func plan(w *fold.WorkloadTotals) record.JobPlan {
	if p := w.Declared.Strategy.Jobs; p != nil {
		return *p
	}
	return record.JobPlan{}
}

// mendFailures is the change for what makes the pods of a Job fail.
func mendFailures(t *fold.WorkloadTotals) string {
	if keys := oomKillKeys(&t.Evidence); len(keys) > 0 {
		k := keys[len(keys)-1]
		if k.Limit > 0 {
			return fmt.Sprintf("Raise limits.memory of container %s above %s", k.Container, words.Bytes(float64(k.Limit)))
		}
		return fmt.Sprintf("Raise limits.memory of container %s", k.Container)
	}
	if keys := crashKeys(&t.Evidence); len(keys) > 0 {
		return fmt.Sprintf("Mend why container %s exits with code %d", keys[0].Container, keys[0].ExitCode)
	}
	return "Mend why its pods fail"
}

// findUnfinishedJobs tells of Jobs that go on at the end of the run. Of pods
// that wait for ever another rule tells.
func findUnfinishedJobs(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if w.Job == nil || w.Job.Unfinished == 0 {
			return nil
		}
		last := w.Job.Last
		what := fmt.Sprintf("the Job is not over at the end of the run%s: %s, %d active", f.inRuns(w.Job.Unfinished),
			jobCounts(w, last.Succeeded, last.Failed), last.Active)
		change := "Give the run a longer duration, or the Job more parallelism and machines."
		for _, message := range slices.Sorted(maps.Keys(w.Evidence.Waits)) {
			if wait := w.Evidence.Waits[message]; wait.AtEnd > 0 {
				what += fmt.Sprintf("; %s found no node", words.CountOf(wait.AtEnd, "pod"))
				_, change = f.mendScheduling(w, wait.Example)
				break
			}
		}
		return []result.Finding{{What: what + ".", Change: change}}
	})
}

// allComplete reports whether every run of a Job has ended well, or is one of a
// CronJob that goes on.
func allComplete(j *fold.JobTotals) bool { return j != nil && j.Complete+j.Open == j.Runs }
