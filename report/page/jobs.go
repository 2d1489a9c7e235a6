package page

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// jobsSection tells what became of the Jobs; it is left out without any.
func jobsSection(r *result.Result) (section, bool) {
	s := section{title: "JOBS"}
	t := table{head: []string{"JOB", "RUNS", "COMPLETE", "FAILED", "SUCCEEDED", "PODS FAILED", "DURATION", "IN VAIN"}}
	runs, complete, failed := 0, 0, 0
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		j := r.Workloads[key].Job
		if j == nil {
			continue
		}
		runs, complete, failed = runs+j.Runs, complete+j.Complete, failed+j.Failed
		duration := "-"
		if j.Duration.Mean.Known() {
			duration = words.Unit(j.Duration.Mean, "seconds")
		}
		t.rows = append(t.rows, []string{
			key, words.Count(int64(j.Runs)), words.Count(int64(j.Complete)), words.Count(int64(j.Failed)),
			words.Unit(j.Succeeded.Mean, "count"), words.Unit(j.PodsFailed.Mean, "count"), duration,
			words.Unit(j.InVain.Mean, "seconds"),
		})
	}
	if len(t.rows) == 0 {
		return s, false
	}
	s.parts = append(s.parts, part{table: t})
	if t := cronJobsTable(r); len(t.rows) > 0 {
		s.parts = append(s.parts, part{table: t})
	}
	s.bad = failed > 0
	s.answer = fmt.Sprintf("%d of %s complete", complete, words.CountOf(runs, "run"))
	if failed > 0 {
		s.answer += fmt.Sprintf(", %d failed", failed)
	}
	return s, true
}

// cronJobsTable tells what became of the times of schedules.
func cronJobsTable(r *result.Result) table {
	t := table{head: []string{"CRONJOB", "STARTED", "SKIPPED", "REPLACED", "DELAY"}}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		if c := r.Workloads[key].CronJob; c != nil {
			count := func(s stat.Summary) string { return words.Unit(s.Mean, "count") }
			t.rows = append(t.rows, []string{key, count(c.Started), count(c.Skipped), count(c.Replaced),
				words.Unit(c.Delay.Mean, "seconds")})
		}
	}
	return t
}
