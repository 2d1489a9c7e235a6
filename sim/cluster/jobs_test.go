package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var train = cluster.ObjectRef{Kind: "Job", NamespacedName: types.NamespacedName{Namespace: "default", Name: "train"}}

// batch is a Job train on three nodes of 8 CPU whose pods run for 10 s.
func batch(change func(*batchv1.JobSpec), behave func(*kubelet.Behaviour), steps ...cluster.Step) *cluster.Spec {
	spec := recorded(0, 5, nil, steps...)
	template := spec.Objects[0].(*appsv1.Deployment).Spec.Template
	template.Labels = map[string]string{"app": "train"}
	template.Spec.RestartPolicy = v1.RestartPolicyNever
	template.Spec.Containers[0].Lifecycle = nil
	job := &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "train"},
		Spec:       batchv1.JobSpec{Template: template},
	}
	if change != nil {
		change(&job.Spec)
	}
	legacyscheme.Scheme.Default(job)
	spec.Objects = []runtime.Object{job}
	spec.Duration = 30 * time.Minute
	b := kubelet.Behaviour{Runs: distribution.Constant(10), OnTerminate: kubelet.Exit}
	if behave != nil {
		behave(&b)
	}
	spec.Workloads = []cluster.Workload{{Behaviour: b}}
	return spec
}

func indexed(completions, parallelism int32) func(*batchv1.JobSpec) {
	return func(s *batchv1.JobSpec) {
		s.CompletionMode, s.Completions, s.Parallelism = ptr.To(batchv1.IndexedCompletion), &completions, &parallelism
	}
}

// turns are what became of the Job: "12 complete 3/0" is its phase, succeeded and
// failed after some seconds.
func turns(records []record.Record) (list []string) {
	for _, r := range records {
		if r, is := r.(record.JobChanged); is {
			text := fmt.Sprintf("%.0f %s %d/%d", r.T.Seconds(), r.Phase, r.Succeeded, r.Failed)
			if r.Reason != "" && r.Reason != batchv1.JobReasonCompletionsReached {
				text += " " + r.Reason
			}
			list = append(list, text)
		}
	}
	return list
}

// starts are when pods were created, in whole seconds.
func starts(records []record.Record) (list []int) {
	for _, r := range records {
		if r, is := r.(record.PodCreated); is {
			list = append(list, int(r.T.Seconds()))
		}
	}
	return list
}

func last[T any](list []T) T { return list[len(list)-1] }

// The pod on a failed machine is replaced when it is evicted, after 300 s of
// toleration. With podReplacementPolicy Failed its successor has to wait until
// the machine is known to be out of service; a failure by disruption does not
// count when podFailurePolicy ignores it.
func TestAFailingMachine(t *testing.T) {
	long := func(b *kubelet.Behaviour) { b.Runs = distribution.Constant(100) }
	fail := []cluster.Step{{At: at(50), Action: cluster.NodeFail{Node: "n0"}},
		{At: at(900), Action: cluster.Taint{Node: "n0",
			Add: []v1.Taint{{Key: v1.TaintNodeOutOfService, Effect: v1.TaintEffectNoExecute}}}}}
	on := func(s *batchv1.JobSpec) {
		s.Template.Spec.Affinity = &v1.Affinity{
			NodeAffinity: &v1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []v1.PreferredSchedulingTerm{{
				Weight: 100, Preference: v1.NodeSelectorTerm{
					MatchFields: []v1.NodeSelectorRequirement{
						{Key: "metadata.name", Operator: v1.NodeSelectorOpIn, Values: []string{"n0"}}}}}}}}
	}
	spec := batch(on, long, fail...)
	for i := range fail {
		fail[i].Action = onMachine(fail[i].Action, spec.Nodes[0].Name)
	}
	term := &spec.Objects[0].(*batchv1.Job).Spec.Template.Spec.Affinity.NodeAffinity.
		PreferredDuringSchedulingIgnoredDuringExecution[0].Preference.MatchFields[0]
	term.Values[0] = spec.Nodes[0].Name
	list := starts(play(t, spec, 0))
	require.Len(t, list, 2)
	require.InDelta(t, 410, list[1], 15, "NotReady after 40 s to 60 s, evicted 300 s later, back-off of 10 s")

	job := spec.Objects[0].(*batchv1.Job)
	job.Spec.PodFailurePolicy = &batchv1.PodFailurePolicy{
		Rules: []batchv1.PodFailurePolicyRule{{Action: batchv1.PodFailurePolicyActionIgnore,
			OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{
				{Type: v1.DisruptionTarget, Status: v1.ConditionTrue}}}}}
	job.Spec.PodReplacementPolicy, job.Spec.BackoffLimit = ptr.To(batchv1.Failed), ptr.To[int32](0)
	records := play(t, spec, 0)
	list = starts(records)
	require.Len(t, list, 2)
	require.InDelta(t, 910, list[1], 25)
	require.Contains(t, last(turns(records)), "complete 1/0")
}

func onMachine(a cluster.Action, name string) cluster.Action {
	switch a := a.(type) {
	case cluster.NodeFail:
		a.Node = name
		return a
	case cluster.Taint:
		a.Node = name
		return a
	}
	return a
}

// A budget with a number holds pods of a Job; with maxUnavailable it can't be
// computed, as a Job has no scale, and lets nothing go.
func TestBudgetsOverPodsOfAJob(t *testing.T) {
	for _, test := range []struct {
		spec    policyv1.PodDisruptionBudgetSpec
		evicted bool
	}{
		{policyv1.PodDisruptionBudgetSpec{MinAvailable: ptr.To(intstr.FromInt32(1))}, true},
		{policyv1.PodDisruptionBudgetSpec{MinAvailable: ptr.To(intstr.FromInt32(2))}, false},
		{policyv1.PodDisruptionBudgetSpec{MaxUnavailable: ptr.To(intstr.FromInt32(1))}, false},
	} {
		spec := batch(indexed(2, 2), func(b *kubelet.Behaviour) { b.Runs = distribution.Constant(100) })
		test.spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "train"}}
		spec.Objects = append(spec.Objects, &policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "train"}, Spec: test.spec})
		for _, n := range spec.Nodes {
			spec.Timeline = append(spec.Timeline,
				cluster.Step{At: at(20), Action: cluster.Drain{Node: n.Name, Timeout: 10 * time.Second, Force: true}})
		}
		evicted := false
		for _, r := range play(t, spec, 0) {
			d, is := r.(record.PodDeleting)
			evicted = evicted || (is && d.Reason == "evicted")
		}
		require.Equal(t, test.evicted, evicted, "%v", test.spec)
	}
}

// The kubelet calls a pod unready from when it takes it; that is when one has
// ended that is killed before its containers started, so the back-off of 10 s is
// over by then (getFinishedTime in backoff_utils.go).
func TestAPodThatIsKilledBeforeItStartsIsReplacedAtOnce(t *testing.T) {
	spec := batch(func(s *batchv1.JobSpec) { s.BackoffLimit = ptr.To[int32](3) }, nil,
		cluster.Step{At: at(15), Action: cluster.PodKill{Target: train, Count: 1}})
	spec.ImageBandwidth = 1e9
	spec.Workloads[0].Behaviour.ImageSize = 40_000_000_000
	require.Equal(t, []int{0, 16}, starts(play(t, spec, 0)))
}
