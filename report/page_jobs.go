package report

import (
	"fmt"
	"maps"
	"slices"
)

// jobsSection tells what became of the Jobs; it is left out without any.
func jobsSection(r *Result) (section, bool) {
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
			duration = unitText(j.Duration.Mean, "seconds")
		}
		t.rows = append(t.rows, []string{
			key, countText(int64(j.Runs)), countText(int64(j.Complete)), countText(int64(j.Failed)),
			unitText(j.Succeeded.Mean, "count"), unitText(j.PodsFailed.Mean, "count"), duration, unitText(j.InVain.Mean, "seconds"),
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
	s.answer = fmt.Sprintf("%d of %s complete", complete, countOf(runs, "run"))
	if failed > 0 {
		s.answer += fmt.Sprintf(", %d failed", failed)
	}
	return s, true
}

// cronJobsTable tells what became of the times of schedules.
func cronJobsTable(r *Result) table {
	t := table{head: []string{"CRONJOB", "STARTED", "SKIPPED", "REPLACED", "DELAY"}}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		if c := r.Workloads[key].CronJob; c != nil {
			count := func(s Summary) string { return unitText(s.Mean, "count") }
			t.rows = append(t.rows, []string{key, count(c.Started), count(c.Skipped), count(c.Replaced), unitText(c.Delay.Mean, "seconds")})
		}
	}
	return t
}
