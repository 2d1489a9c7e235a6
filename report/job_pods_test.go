package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// A pod whose sidecar goes on when the work is done is told of when it does so for longer
// than the work took, and a minute at least.
func TestASidecarKeepsAJobAlive(t *testing.T) {
	kept := func(work, after time.Duration, code int32) []result.Finding {
		return jobFindings(embedRun(t, func(tp *tape) {
			start := 2*time.Hour - work - after
			tp.job(start, "running", "", 1, 0, 0)
			tp.add(
				record.PodCreated{At: tp.at(start), Pod: embedPod, Owner: embed},
				record.PodScheduled{At: tp.at(start), Pod: embedPod, Node: "cpu-1"},
				record.ContainerStarted{At: tp.at(start), Pod: embedPod, Container: "c"},
				record.ContainerStarted{At: tp.at(start), Pod: embedPod, Container: "logs"},
				record.ContainerExited{At: tp.at(start + work), Pod: embedPod, Container: "c", ExitCode: code,
					Cause: record.ExitedByItself, Uptime: sim.Time(work)},
			)
		}), "job-kept-alive")
	}
	found := kept(20*time.Minute, 30*time.Minute, 0)
	require.Len(t, found, 1)
	require.Equal(t,
		"container logs ran on after container c had done its work in 2 pods in 2 of 2 replications, for up to 30m: "+
			"a pod of a Job is not over before all its containers are.", found[0].What)
	require.Contains(t, found[0].Change, "Make container logs an init container with restartPolicy: Always")
	require.Empty(t, kept(20*time.Minute, 19*time.Minute, 0), "it may still be at its own work")
	require.Empty(t, kept(time.Second, 59*time.Second, 0))
	require.Empty(t, kept(20*time.Minute, 30*time.Minute, 1), "it did not end well")
}

// A Job whose deadline is over while its pod waits for a node is not told to wait longer.
func TestAJobWhosePodFindsNoNodeWithinItsDeadline(t *testing.T) {
	failed := func(bound bool) result.Finding {
		found := jobFindings(embedRun(t, func(tp *tape) {
			tp.job(0, "running", "", 1, 0, 0)
			tp.add(record.PodCreated{At: tp.at(0), Pod: embedPod, Owner: embed},
				record.PodUnschedulable{At: tp.at(0), Pod: embedPod, Reason: "Unschedulable",
					Message: "0/1 nodes are available: 1 node(s) had untolerated taint(s)."})
			if bound {
				tp.add(record.PodScheduled{At: tp.at(time.Minute), Pod: embedPod, Node: "cpu-1"})
			}
			tp.add(record.PodDeleting{At: tp.at(10 * time.Minute), Pod: embedPod, Reason: record.JobOver},
				record.PodGone{At: tp.at(10 * time.Minute), Pod: embedPod})
			tp.job(10*time.Minute, "failed", "DeadlineExceeded", 0, 0, 1)
		}), "job-failed")
		require.Len(t, found, 1)
		return found[0]
	}
	require.Equal(t, "Tolerate the taint.", failed(false).Change)
	require.Contains(t, failed(false).What, "2 pods never found a node (taints)")
	require.Equal(t, "Raise activeDeadlineSeconds, or parallelism if the cluster has room.", failed(true).Change)
}

// A Job's controller tries again after a minute at most, and a Job is not restarted by
// kubectl rollout.
func TestAJobWhosePodsAreRefusedForAWhile(t *testing.T) {
	found := findingOfRule(embedRun(t, func(tp *tape) {
		tp.job(0, "running", "", 1, 0, 0)
		refused := record.CreationRefused{At: tp.at(time.Minute), Workload: embed, By: "Job corpus/embed", Object: "Pod",
			Policy: "ResourceQuota corpus/q", Count: 1,
			Message: `pods "embed-x" is forbidden: failed quota: q: must specify limits.memory for: c`}
		tp.add(refused)
		refused.At, refused.Since = tp.at(20*time.Minute), sim.Time(time.Minute)
		tp.add(refused, record.PodCreated{At: tp.at(20 * time.Minute), Pod: embedPod, Owner: embed})
	}), "creation-delayed")
	require.NotNil(t, found)
	require.Contains(t, found.What, "tries again after waits that double up to 1m, whenever there is room.")
	require.NotContains(t, found.Change, "restart")
}

func findingOfRule(r *result.Result, rule string) *result.Finding {
	for _, f := range r.Findings {
		if f.Rule == rule {
			return &f
		}
	}
	return nil
}
