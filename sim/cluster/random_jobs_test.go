package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// As TestRandomWorldsConserve, with Jobs on failing machines. Every pod of a
// Job that is over is counted once and has lost its finalizer, and of an index
// only one pod runs at a time.
func TestRandomWorldsOfJobsConserve(t *testing.T) {
	happened := map[string]int{}
	for seed := range uint64(150) {
		what := fmt.Sprintf("seed %d", seed)
		spec := jobsSpec(t, seed)
		records := play(t, spec, 0)
		requireConservation(t, what, records)
		requireJobCounts(t, what, spec, records, happened)
	}
	for _, event := range []string{"complete", "failed", "deleted", "suspended", "job-over", "tainted", "evicted",
		"killed", "pods counted"} {
		require.Greater(t, happened[event], 5, "%s: %v", event, happened)
	}
}

// jobsSpec is failingSpec with a Job in place of the Deployment.
func jobsSpec(t *testing.T, seed uint64) *cluster.Spec {
	r := rand.New(rand.NewPCG(seed, 13))
	spec := failingSpec(t, 3*seed)
	var template v1.PodTemplateSpec
	switch o := spec.Objects[0].(type) {
	case *appsv1.StatefulSet:
		template = o.Spec.Template
	case *appsv1.Deployment:
		template = o.Spec.Template
	}
	template.Spec.RestartPolicy = []v1.RestartPolicy{v1.RestartPolicyNever, v1.RestartPolicyOnFailure}[r.IntN(2)]
	job := &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: metav1.ObjectMeta{Namespace: "ai-agents",
			Name: "ai-agent"},
		Spec: batchv1.JobSpec{Template: template, Parallelism: ptr.To(1 + r.Int32N(5)), Completions: ptr.To(1 + r.Int32N(12)),
			BackoffLimit: ptr.To(r.Int32N(8))},
	}
	if r.IntN(2) == 0 {
		job.Spec.CompletionMode = ptr.To(batchv1.IndexedCompletion)
		if r.IntN(2) == 0 && template.Spec.RestartPolicy == v1.RestartPolicyNever {
			job.Spec.BackoffLimitPerIndex, job.Spec.BackoffLimit = ptr.To(r.Int32N(3)), nil
		}
	}
	if r.IntN(3) == 0 {
		job.Spec.ActiveDeadlineSeconds = ptr.To(100 + r.Int64N(1000))
	}
	if r.IntN(3) == 0 {
		job.Spec.TTLSecondsAfterFinished = ptr.To(r.Int32N(300))
	}
	if r.IntN(2) == 0 {
		job.Spec.PodReplacementPolicy = ptr.To([]batchv1.PodReplacementPolicy{
			batchv1.Failed, batchv1.TerminatingOrFailed}[r.IntN(2)])
	}
	legacyscheme.Scheme.Default(job)
	suspended := job.DeepCopy()
	suspended.Spec.Suspend = ptr.To(true)
	b := &spec.Workloads[0].Behaviour
	*b = kubelet.Behaviour{
		ImageSize: b.ImageSize, Start: b.Start, Memory: b.Memory, OnTerminate: b.OnTerminate, CPU: b.CPU,
		Runs: distribution.Exponential(20 + 200*r.Float64()), FailureRate: 0.3 * float64(r.IntN(3)), ExitCode: 1,
	}
	spec.Objects[0] = job
	for i := range spec.Timeline {
		step := &spec.Timeline[i]
		switch a := step.Action.(type) {
		case cluster.SetImage, cluster.Scale, cluster.Rollout:
			step.Action = cluster.Apply{Objects: []runtime.Object{[2]runtime.Object{suspended, job}[r.IntN(2)]}}
		case cluster.Apply:
			step.Action = cluster.Apply{Objects: []runtime.Object{job}}
		case cluster.Delete:
			a.Target.Kind = "Job"
			step.Action = a
		case cluster.PodKill:
			a.Target.Kind = "Job"
			step.Action = a
		}
	}
	return spec
}

func requireJobCounts(t *testing.T, what string, spec *cluster.Spec, records []record.Record, happened map[string]int) {
	t.Helper()
	job := spec.Objects[0].(*batchv1.Job)
	created, index := 0, map[string]string{} // index by active pod
	ended := map[string]string{}
	for _, r := range records {
		switch r := r.(type) {
		case record.PodCreated:
			created++
			if *job.Spec.CompletionMode == batchv1.IndexedCompletion {
				i := strings.Split(strings.TrimPrefix(r.Pod, "ai-agents/ai-agent-"), "-")[0]
				for other, taken := range index {
					require.NotEqual(t, i, taken, "%s: %s beside %s at %s", what, r.Pod, other, r.T)
				}
				index[r.Pod] = i
			}
		case record.PodDeleting:
			happened[string(r.Reason)]++
			delete(index, r.Pod)
		case record.PodFinished:
			require.Empty(t, ended[r.Pod], "%s: %s ends twice", what, r.Pod)
			ended[r.Pod] = r.Phase
			delete(index, r.Pod)
		case record.PodGone:
			delete(index, r.Pod)
		case record.JobChanged:
			happened[string(r.Phase)]++
			switch r.Phase {
			case "complete":
				require.GreaterOrEqual(t, r.Succeeded, *job.Spec.Completions, "%s at %s", what, r.T)
				fallthrough
			case "failed":
				require.Zero(t, r.Active, "%s at %s", what, r.T)
				require.LessOrEqual(t, int(r.Succeeded+r.Failed), created, "%s at %s: counted twice", what, r.T)
				happened["pods counted"] += int(r.Succeeded + r.Failed)
			case "deleted":
				created = 0
			}
		}
	}
}
