package report

import (
	"bytes"
	"math"
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

const (
	embed    = "corpus/Job/embed"
	embedPod = "corpus/embed-2-x7k2p"
)

// jobRules are the rules that the tests of this file cover.
var jobRules = []string{"job-failed", "job-unfinished", "job-kept-alive"}

// embedRun tells the same of a Job of four indexes in both replications.
func embedRun(t *testing.T, tell func(*tape)) *result.Result {
	t.Helper()
	tp := &tape{}
	run := agentRun(2)
	run.Workloads = append(run.Workloads,
		record.Workload{Key: embed, Replicas: 2,
			Strategy:   strategy("Indexed completions=4 parallelism=2 backoffLimit=1 Never"),
			Containers: []record.Container{{Name: "c", Image: "e:1", Limits: record.Resources{Memory: 6 * gi}}}})
	tp.add(run)
	for rep := range 2 {
		tp.rep = rep
		tell(tp)
		tp.add(record.End{At: tp.at(2 * time.Hour), Reason: "horizon"})
	}
	return tp.build(t)
}

func (tp *tape) job(t time.Duration, phase record.JobPhase, reason string, active, succeeded, failed int32) {
	tp.add(record.JobChanged{At: tp.at(t), Workload: embed, Phase: phase, Reason: reason, Message: "because",
		Active: active, Succeeded: succeeded, Failed: failed})
}

// oomKilled is a pod that runs for some minutes until its limit.
func (tp *tape) oomKilled(pod string, from, to time.Duration) {
	tp.add(
		record.PodCreated{At: tp.at(from), Pod: pod, Owner: embed},
		record.PodScheduled{At: tp.at(from), Pod: pod, Node: "cpu-1"},
		record.ContainerStarted{At: tp.at(from), Pod: pod, Container: "c"},
		record.ContainerExited{At: tp.at(to), Pod: pod, Container: "c", ExitCode: 137, Reason: "OOMKilled", Cause: "oom",
			Uptime: sim.Time(to - from), Limit: 6 * gi},
		record.PodFinished{At: tp.at(to), Pod: pod, Phase: "Failed"},
	)
}

func jobFindings(r *result.Result, rule string) (list []result.Finding) {
	for _, f := range r.Findings {
		if f.Rule == rule {
			list = append(list, f)
		}
	}
	return list
}

func TestAFailedJob(t *testing.T) {
	r := embedRun(t, func(tp *tape) {
		tp.job(0, "running", "", 2, 0, 0)
		tp.oomKilled(embedPod, 0, 10*time.Minute)
		tp.job(10*time.Minute, "running", "", 1, 1, 1)
		tp.oomKilled(embedPod+"2", 11*time.Minute, 21*time.Minute)
		tp.job(22*time.Minute, "failed", "BackoffLimitExceeded", 0, 1, 2)
	})
	j := r.Workloads[embed].Job
	require.Equal(t, 2, j.Runs)
	require.Equal(t, 2, j.Failed)
	require.Equal(t, map[string]int{"BackoffLimitExceeded": 2}, j.Reasons)
	require.Equal(t, stat.Value(1), j.Succeeded.Mean)
	require.Equal(t, stat.Value(2), j.PodsFailed.Mean)
	require.Equal(t, stat.Value(1200), j.InVain.Mean)
	require.Len(t, j.Course, 3)
	require.True(t, math.IsInf(float64(r.Values["job.duration "+embed][0]), 1))
	require.Equal(t, stat.Value(1), r.Values["job.failed "+embed][1])
	require.NotContains(t, r.Values, "job.failed "+agent)

	found := jobFindings(r, "job-failed")
	require.Len(t, found, 1)
	require.Equal(t, "Job corpus/embed", found[0].Object)
	require.Equal(t,
		"the Job fails in 2 of 2 replications, 22m after its start (BackoffLimitExceeded): 1 of 4 completions, 2 pods failed; pods ran for 20m in vain.", found[0].What)
	require.Equal(t,
		"Raise limits.memory of container c above 6Gi, or set backoffLimitPerIndex, so that an index which keeps failing does not end the others.", found[0].Change)

	var out bytes.Buffer
	require.NoError(t, explain.Explain(&out, r, "Job/embed", words.TextOptions{Width: 100}))
	require.Contains(t, out.String(), "22m00s    failed: 0 active, 1 succeeded, 2 failed")
	require.Contains(t, out.String(), "Warning BackoffLimitExceeded: because")
	out.Reset()
	require.NoError(t, page.WriteText(&out, r, words.TextOptions{Width: 100}))
	require.Contains(t, out.String(), "JOBS  0 of 2 runs complete, 2 failed")
}

// The clock of a Job begins when it is resumed; what is deleted and applied
// again runs anew. A crash that a Job has got over is no finding.
func TestJobsThatComplete(t *testing.T) {
	r := embedRun(t, func(tp *tape) {
		tp.job(0, "suspended", "", 0, 0, 0)
		tp.job(time.Minute, "running", "", 2, 0, 0)
		tp.add(record.PodCreated{At: tp.at(time.Minute), Pod: embedPod, Owner: embed},
			record.PodScheduled{At: tp.at(time.Minute), Pod: embedPod, Node: "cpu-1"},
			record.ContainerStarted{At: tp.at(time.Minute), Pod: embedPod, Container: "c"},
			record.ContainerExited{At: tp.at(2 * time.Minute), Pod: embedPod, Container: "c", ExitCode: 1, Reason: "Error",
				Cause: "exited"},
			record.PodFinished{At: tp.at(2 * time.Minute), Pod: embedPod, Phase: "Failed"})
		tp.job(6*time.Minute, "complete", "CompletionsReached", 0, 4, 1)
		tp.job(7*time.Minute, "deleted", "", 0, 4, 1)
		tp.job(8*time.Minute, "running", "", 2, 0, 0)
		tp.job(10*time.Minute, "complete", "CompletionsReached", 0, 4, 0)
	})
	j := r.Workloads[embed].Job
	require.Equal(t, [3]int{4, 4, 0}, [3]int{j.Runs, j.Complete, j.Failed})
	require.Equal(t, stat.Value(300), r.Values["job.duration "+embed][0])
	require.Equal(t, stat.Value(8), r.Values["job.succeeded "+embed][0])
	require.Equal(t, stat.Value(210), j.Duration.Mean)
	require.Empty(t, jobFindings(r, "crash"))
	require.Empty(t, jobFindings(r, "job-failed"))
	require.Empty(t, jobFindings(r, "job-unfinished"))
}

func TestAJobWhosePodsWaitForEver(t *testing.T) {
	r := embedRun(t, func(tp *tape) {
		tp.job(0, "running", "", 1, 0, 0)
		tp.add(record.PodCreated{At: tp.at(0), Pod: embedPod, Owner: embed, Requests: record.Resources{CPU: 1}},
			record.PodUnschedulable{At: tp.at(0), Pod: embedPod, Reason: "Unschedulable",
				Message: "0/3 nodes are available: 3 Insufficient cpu."})
	})
	found := jobFindings(r, "job-unfinished")
	require.Len(t, found, 1)
	require.Equal(t,
		"the Job is not over at the end of the run in 2 of 2 replications: 0 of 4 completions, 0 pods failed, 1 active; 1 pod found no node.", found[0].What)
	require.NotEmpty(t, jobFindings(r, "unschedulable"))
}

func TestAnUnknownPhaseIsRefused(t *testing.T) {
	b := NewBuilder()
	require.NoError(t, b.Add(agentRun(1)))
	require.ErrorContains(t, b.Add(record.JobChanged{Workload: embed, Phase: "odd"}), "phase: must be one of")
}
