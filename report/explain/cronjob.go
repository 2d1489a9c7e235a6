package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// mostRuns is how much of a CronJob's course is told.
const mostRuns = 40

// cronJob tells what became of the times of a schedule and of the Jobs.
func (e *explanation) cronJob(w result.Workload) {
	var list []told
	add := func(t sim.Time, format string, args ...any) {
		list = append(list, told{t: t, text: fmt.Sprintf(format, args...)})
	}
	for _, s := range w.CronJob.Course {
		switch due := words.Clock(s.Scheduled); {
		case s.Phase == record.CronStarted && s.T-s.Scheduled > sim.Time(1e9):
			add(s.T, "%s started, due at %s", s.Job, due)
		case s.Phase == record.CronStarted:
			add(s.T, "%s started", s.Job)
		case s.Phase == record.CronHeld:
			add(s.T, "the Job due at %s can't start (%s)", due, s.Reason)
		case s.Count > 1:
			add(s.T, "%d times skipped, the last at %s%s", s.Count, due, words.InBrackets(s.Reason))
		default:
			add(s.T, "the time at %s skipped%s", due, words.InBrackets(s.Reason))
		}
	}
	var jobs []result.JobStep // none when it never made one
	if w.Job != nil {
		jobs = w.Job.Course
	}
	for i, s := range jobs {
		over := slices.ContainsFunc(jobs[:i], func(before result.JobStep) bool {
			return before.Job == s.Job &&
				(before.Phase == s.Phase || (s.Phase == record.JobDeleted && before.Phase != record.JobRunning))
		})
		if s.Phase != record.JobRunning && !over {
			add(s.T, "%s %s: %d active, %d succeeded, %d failed", s.Job, s.Phase, s.Active, s.Succeeded, s.Failed)
		}
	}
	if len(list) == 0 {
		e.line("made no Job: it is suspended, or none of its times came in the run")
	}
	slices.SortStableFunc(list, func(a, b told) int { return cmp.Compare(a.t, b.t) })
	for _, l := range list[:min(mostRuns, len(list))] {
		e.line("%-9s %s", words.Clock(l.t), l.text)
	}
	if n := len(list) - mostRuns; n > 0 {
		e.line("and so on, %d lines more", n)
	}
}
