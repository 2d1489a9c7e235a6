package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/explain"
	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const indexer = "search/CronJob/index"

// cronJobRules are the rules that the tests of this file cover.
var cronJobRules = []string{"cronjob-skipped", "cronjob-replaced"}

// cronRun tells the same of a CronJob in both replications.
func cronRun(t *testing.T, tell func(*tape)) *result.Result {
	t.Helper()
	tp := &tape{}
	run := agentRun(2)
	run.Workloads = append(run.Workloads,
		record.Workload{Key: indexer, Replicas: 1,
			Strategy:   strategy(`"*/10 * * * *" Forbid NonIndexed completions=1 parallelism=1 backoffLimit=6 Never`),
			Containers: []record.Container{{Name: "c", Image: "e:1"}}})
	tp.add(run)
	for rep := range 2 {
		tp.rep = rep
		tell(tp)
		tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	}
	return tp.build(t)
}

func (tp *tape) due(t, scheduled time.Duration, phase record.CronPhase, job, reason string, count int64) {
	tp.add(record.CronJobRun{At: tp.at(t), Workload: indexer, Phase: phase, Scheduled: sim.Time(scheduled), Job: job,
		Reason: reason, Count: count,
		Message: "Not starting job because prior execution is running and concurrency policy is Forbid"})
}

func (tp *tape) run(t time.Duration, job string, phase record.JobPhase, reason string, active, succeeded,
	failed int32) {
	tp.add(record.JobChanged{At: tp.at(t), Workload: indexer, Job: job, Phase: phase, Reason: reason, Message: "because",
		Active: active, Succeeded: succeeded, Failed: failed})
}

func TestRunsThatAreSkipped(t *testing.T) {
	const a, b = "search/index-100", "search/index-130"
	r := cronRun(t, func(tp *tape) {
		tp.due(10*time.Minute, 10*time.Minute, "started", a, "", 1)
		tp.run(10*time.Minute, a, "running", "", 1, 0, 0)
		tp.add(record.PodCreated{At: tp.at(10 * time.Minute), Pod: a + "-x7k2p", Owner: indexer, Revision: "100"})
		tp.due(20*time.Minute, 20*time.Minute, "held", "", "JobAlreadyActive", 0)
		tp.due(30*time.Minute, 20*time.Minute, "skipped", "", "JobAlreadyActive", 1)
		tp.due(30*time.Minute, 30*time.Minute, "held", "", "JobAlreadyActive", 0)
		tp.run(35*time.Minute, a, "complete", "CompletionsReached", 0, 1, 0)
		tp.due(35*time.Minute, 30*time.Minute, "started", b, "", 1)
		tp.run(35*time.Minute, b, "running", "", 1, 0, 0)
		tp.run(36*time.Minute, a, "deleted", "history-limit", 0, 1, 0)
		tp.run(40*time.Minute, b, "failed", "BackoffLimitExceeded", 0, 0, 1)
	})
	c := r.Workloads[indexer].CronJob
	require.Equal(t, [4]stat.Value{2, 1, 0, 300}, [4]stat.Value{c.Started.Mean, c.Skipped.Mean, c.Replaced.Mean,
		c.Delay.Mean})
	require.Equal(t, map[string]int64{"JobAlreadyActive": 2}, c.Reasons)
	require.Len(t, c.Course, 5)
	j := r.Workloads[indexer].Job
	require.Equal(t, [3]int{4, 2, 2}, [3]int{j.Runs, j.Complete, j.Failed})
	require.Equal(t, stat.Value(1500), j.Duration.Mean)
	require.NotContains(t, r.Values, "cronjob.skipped "+agent)

	found := jobFindings(r, "cronjob-skipped")
	require.Len(t, found, 1)
	require.Equal(t, "CronJob search/index", found[0].Object)
	require.Equal(t,
		"2 of 6 times of its schedule had no Job in 2 of 2 replications: the Job before still ran, and concurrencyPolicy Forbid does not let two (a Job takes up to 25m, and is due every 10m).", found[0].What)
	failed := jobFindings(r, "job-failed")
	require.Len(t, failed, 1)
	require.Contains(t, failed[0].What,
		"2 Jobs of it failed in 2 of 2 replications, 5m after the first's start (BackoffLimitExceeded)")

	var out bytes.Buffer
	require.NoError(t, explain.Explain(&out, r, "CronJob/index", words.TextOptions{Width: 120}))
	for _, line := range []string{
		"  10m00s    index-100 started\n", "  20m00s    the Job due at 20m00s can't start (JobAlreadyActive)\n",
		"  30m00s    the time at 20m00s skipped (JobAlreadyActive)\n",
		"  35m00s    index-130 started, due at 30m00s\n", "  40m00s    index-130 failed: 0 active, 0 succeeded, 1 failed\n",
		"Normal  SuccessfulCreate: Created job index-100\n",
		"Normal  SawCompletedJob: Saw completed job: index-100, condition: Complete\n",
		"Normal  SuccessfulDelete: Deleted job index-100\n",
	} {
		require.Contains(t, out.String(), line)
	}
	require.Contains(t, r.Events, result.Event{T: sim.Time(10 * time.Minute), Type: "Normal", Reason: "SuccessfulCreate",
		Object: "Job search/index-100", Message: "Created pod: index-100-x7k2p"})
	out.Reset()
	require.NoError(t, page.WriteText(&out, r, words.TextOptions{Width: 100}))
	require.Contains(t, out.String(), "  search/CronJob/index        2        1         0     5m\n")
}

// Jobs run side by side; the last of them goes on at the end, which is no fault.
func TestRunsThatAreReplaced(t *testing.T) {
	const a, b = "search/index-100", "search/index-110"
	r := cronRun(t, func(tp *tape) {
		tp.due(10*time.Minute, 10*time.Minute, "started", a, "", 1)
		tp.run(10*time.Minute, a, "running", "", 1, 0, 0)
		tp.run(20*time.Minute, a, "deleted", "replaced", 1, 0, 0)
		tp.due(20*time.Minute, 20*time.Minute, "started", b, "", 1)
		tp.run(20*time.Minute, b, "running", "", 1, 0, 0)
	})
	require.Equal(t, stat.Value(1), r.Values["cronjob.replaced "+indexer][0])
	found := jobFindings(r, "cronjob-replaced")
	require.Len(t, found, 1)
	require.Equal(t,
		"2 of 4 Jobs were deleted before they ended, for the next one was due (concurrencyPolicy Replace) in 2 of 2 replications.", found[0].What)
	require.Empty(t, jobFindings(r, "job-unfinished"))
	require.Empty(t, jobFindings(r, "cronjob-skipped"))
}

func TestACronJobThatMakesNoJobIsExplained(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, explain.Explain(&out, cronRun(t, func(*tape) {}), "CronJob/index", words.TextOptions{Width: 120}))
	require.Contains(t, out.String(), "made no Job: it is suspended, or none of its times came in the run")
}

func TestTheLastRunOfACronJobMayGoOn(t *testing.T) {
	r := cronRun(t, func(tp *tape) {
		tp.due(10*time.Minute, 10*time.Minute, "started", "search/index-100", "", 1)
		tp.run(10*time.Minute, "search/index-100", "running", "", 1, 0, 0)
	})
	require.Equal(t, stat.Value((110 * time.Minute).Seconds()), r.Values["job.duration "+indexer][0])
	require.Empty(t, jobFindings(r, "job-unfinished"))
}

func TestAnUnknownPhaseOfACronJobIsRefused(t *testing.T) {
	b := NewBuilder()
	require.NoError(t, b.Add(agentRun(1)))
	require.ErrorContains(t, b.Add(record.CronJobRun{Workload: indexer, Phase: "odd"}), "phase: must be one of")
}
