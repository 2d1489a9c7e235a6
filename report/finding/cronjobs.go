package finding

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// findSkippedRuns tells of times of a schedule for which there was no Job.
func findSkippedRuns(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if w.Cron == nil || w.Cron.Skipped == 0 {
			return nil
		}
		c := w.Cron
		what := fmt.Sprintf("%s of %s of its schedule had no Job%s", words.Count(c.Skipped),
			words.CountOf(int(c.Started+c.Skipped), "time"), f.inRuns(c.Skipping))
		reason := ""
		for _, r := range slices.Sorted(maps.Keys(c.Reasons)) {
			if reason == "" || c.Reasons[r] > c.Reasons[reason] {
				reason = r
			}
		}
		change := "Raise startingDeadlineSeconds, which is over before the controller comes to the Job."
		switch reason {
		case "JobAlreadyActive":
			what += ": the Job before still ran, and concurrencyPolicy Forbid does not let two"
			if took := longest(w.Job); took > 0 && c.Gap > 0 {
				what += fmt.Sprintf(" (a Job takes up to %s, and is due every %s)", words.Duration(took.Seconds()),
					words.Duration(c.Gap.Seconds()))
			}
			change = "Make it due less often, or its Jobs shorter by more parallelism, or let them run side by side (concurrencyPolicy Allow) if they can."
		case "FailedCreate":
			what += ": the API server refused it"
			change = "Raise the quota that refuses its Jobs."
		case "Unknown":
			change = "Look at the events of the CronJob."
		}
		return []result.Finding{{What: what + ".", Change: change}}
	})
}

// findReplacedRuns tells of Jobs that the next one has ended.
func findReplacedRuns(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if w.Cron == nil || w.Cron.Replaced == 0 {
			return nil
		}
		c := w.Cron
		what := fmt.Sprintf("%s of %s were deleted before they ended, for the next one was due (concurrencyPolicy Replace)%s",
			words.Count(c.Replaced), words.CountOf(int(c.Started), "Job"), f.inRuns(c.Replacing))
		if inVain := stat.Summarize(inVainOrNone(w.Job)).Mean; inVain.Known() && inVain > 0 {
			what += fmt.Sprintf("; pods ran for %s in vain", words.Duration(float64(inVain)))
		}
		return []result.Finding{
			{What: what + ".",
				Change: "Make it due less often, or its Jobs shorter, or let the next one wait (concurrencyPolicy Forbid)."}}
	})
}

// longest is the longest run that is complete, 0 without any.
func longest(j *fold.JobTotals) time.Duration {
	longest := stat.Value(0)
	if j != nil {
		for _, d := range j.Durations {
			longest = max(longest, d)
		}
	}
	return time.Duration(float64(longest) * float64(time.Second))
}

func inVainOrNone(j *fold.JobTotals) []stat.Value {
	if j == nil {
		return nil
	}
	return j.InVain
}
