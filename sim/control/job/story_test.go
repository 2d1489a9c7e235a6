package job

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/kubernetes/pkg/controller/job/util"
	"k8s.io/utils/ptr"
)

// story is a random Job with the lives of its pods, and what the controller
// sees of them.
type story struct {
	random   *rand.Rand
	now      func() time.Time
	job      *batch.Job
	pods     []*v1.Pod  // as the API has them
	seen     []*v1.Pod  // as the controller's cache has them
	before   *batch.Job // the status' last write
	ended    bool       // and told so
	stingy   bool       // the API server refuses pods in this sync
	attempts int        // to create a pod in this sync
	created  int
	serial   int
	lag      int
	quick    bool // pods end within seconds
	luck     int  // of 10 pods that end, so many fail
}

func newStory(seed uint64, now func() time.Time) *story {
	r := rand.New(rand.NewPCG(seed, 17))
	s := &story{random: r, now: now, quick: r.IntN(2) == 0, luck: []int{0, 2, 5, 9}[r.IntN(4)]}
	s.job = s.randomJob()
	return s
}

func (s *story) apiNow() metav1.Time { return metav1.NewTime(s.now().Truncate(time.Second)) }

// randomJob obeys upstream's validation (pkg/apis/batch/validation), which
// TestStoriesAreOfValidJobs holds.
func (s *story) randomJob() *batch.Job {
	r := s.random
	labels := map[string]string{"job-name": "train"}
	job := &batch.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "train", UID: "job", Generation: 1,
			CreationTimestamp: s.apiNow()},
		Spec: batch.JobSpec{
			Parallelism: ptr.To(1 + r.Int32N(6)), ManualSelector: ptr.To(true), Selector: &metav1.LabelSelector{
				MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: v1.PodSpec{
					RestartPolicy: []v1.RestartPolicy{v1.RestartPolicyNever, v1.RestartPolicyNever,
						v1.RestartPolicyOnFailure}[r.IntN(3)],
					InitContainers: []v1.Container{{Name: "fetch", Image: "i", TerminationMessagePolicy: "File",
						ImagePullPolicy: "Always"}},
					Containers: []v1.Container{{Name: "c", Image: "i", TerminationMessagePolicy: "File", ImagePullPolicy: "Always"}},
				},
			},
		},
	}
	spec := &job.Spec
	if r.IntN(3) > 0 {
		spec.Completions = ptr.To(1 + r.Int32N(8))
	}
	if r.IntN(2) == 0 {
		spec.CompletionMode, spec.Completions = ptr.To(batch.IndexedCompletion), ptr.To(1+r.Int32N(9))
		s.randomIndexed(spec)
	}
	if r.IntN(2) == 0 {
		spec.BackoffLimit = ptr.To(r.Int32N(5))
	}
	if r.IntN(3) == 0 {
		spec.ActiveDeadlineSeconds = ptr.To([]int64{5, 60, 400}[r.IntN(3)])
	}
	if r.IntN(6) == 0 {
		spec.Suspend = ptr.To(true)
	}
	if spec.Template.Spec.RestartPolicy == v1.RestartPolicyNever && r.IntN(2) == 0 {
		spec.PodFailurePolicy = randomFailurePolicy(r, spec.BackoffLimitPerIndex != nil)
		spec.PodReplacementPolicy = ptr.To(batch.Failed)
	} else if r.IntN(2) == 0 {
		spec.PodReplacementPolicy = ptr.To([]batch.PodReplacementPolicy{batch.Failed, batch.TerminatingOrFailed}[r.IntN(2)])
	}
	if r.IntN(40) == 0 { // more than a sync makes, deletes or counts
		spec.Parallelism = ptr.To[int32](1100)
		if spec.Completions != nil {
			spec.Completions = ptr.To[int32](1100 + r.Int32N(400))
		}
		s.quick = true
	}
	legacyscheme.Scheme.Default(job)
	return job
}

func (s *story) randomIndexed(spec *batch.JobSpec) {
	r := s.random
	if r.IntN(2) == 0 {
		spec.BackoffLimitPerIndex = ptr.To(r.Int32N(3))
		spec.Template.Spec.RestartPolicy = v1.RestartPolicyNever
		if r.IntN(2) == 0 {
			spec.MaxFailedIndexes = ptr.To(r.Int32N(*spec.Completions + 1))
		}
	}
	if r.IntN(3) == 0 {
		last := *spec.Completions - 1
		rules := []batch.SuccessPolicyRule{
			{SucceededCount: ptr.To(1 + r.Int32N(*spec.Completions))},
			{SucceededIndexes: ptr.To("0")},
			{SucceededIndexes: ptr.To(fmt.Sprintf("0-%d", last)), SucceededCount: ptr.To(1 + r.Int32N(*spec.Completions))},
		}
		if last == 0 {
			rules = rules[:2]
		}
		spec.SuccessPolicy = &batch.SuccessPolicy{Rules: rules[r.IntN(len(rules)):]}
	}
}

func randomFailurePolicy(r *rand.Rand, perIndex bool) *batch.PodFailurePolicy {
	actions := []batch.PodFailurePolicyAction{batch.PodFailurePolicyActionIgnore, batch.PodFailurePolicyActionCount,
		batch.PodFailurePolicyActionFailJob}
	if perIndex {
		actions = append(actions, batch.PodFailurePolicyActionFailIndex)
	}
	policy := &batch.PodFailurePolicy{}
	for range 1 + r.IntN(3) {
		rule := batch.PodFailurePolicyRule{Action: actions[r.IntN(len(actions))]}
		if r.IntN(2) == 0 {
			rule.OnPodConditions = []batch.PodFailurePolicyOnPodConditionsPattern{
				{Type: v1.DisruptionTarget, Status: v1.ConditionTrue}}
		} else {
			rule.OnExitCodes = &batch.PodFailurePolicyOnExitCodesRequirement{
				Operator: []batch.PodFailurePolicyOnExitCodesOperator{batch.PodFailurePolicyOnExitCodesOpIn,
					batch.PodFailurePolicyOnExitCodesOpNotIn}[r.IntN(2)],
				Values: [][]int32{{2}, {2, 137}, {3}}[r.IntN(3)],
			}
			if r.IntN(3) == 0 {
				rule.OnExitCodes.ContainerName = ptr.To([]string{"c", "fetch"}[r.IntN(2)])
			}
		}
		policy.Rules = append(policy.Rules, rule)
	}
	return policy
}

// view is what the controller sees now, and whether it sees its own writes.
func (s *story) view() (v View, caughtUp bool) {
	if s.lag > 0 {
		s.lag--
	} else {
		s.seen, caughtUp = slices.Clone(s.pods), true
		if s.random.IntN(8) == 0 {
			s.lag = 1 + s.random.IntN(2)
		}
	}
	v = View{Job: s.job.DeepCopy(), Pods: s.seen}
	if util.IsJobFinished(s.job) && !s.ended { // the controller's cache of Jobs lags behind, once
		s.ended, v.Job, v.Finished = true, s.before, true
	}
	return v, caughtUp
}

// pass lets the time until the next sync pass and returns how long that is.
func (s *story) pass() time.Duration {
	r := s.random
	s.order()
	for i, p := range s.pods {
		if r.IntN(2) == 0 || s.quick {
			s.pods[i] = s.live(p)
		}
	}
	s.pods = slices.DeleteFunc(s.pods, func(p *v1.Pod) bool {
		over := p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed
		return p.DeletionTimestamp != nil && over && len(p.Finalizers) == 0
	})
	if r.IntN(12) == 0 {
		s.change()
	}
	if s.lag == 0 && r.IntN(15) == 0 {
		return time.Duration(r.Int64N(int64(12 * time.Minute)))
	}
	return time.Duration(r.Int64N(int64(20 * time.Second)))
}

// change is what a user does to the Job.
func (s *story) change() {
	job := s.job.DeepCopy()
	spec := &job.Spec
	switch s.random.IntN(6) {
	case 0, 1:
		spec.Suspend = ptr.To(!*spec.Suspend)
	case 2:
		spec.Parallelism = ptr.To(s.random.Int32N(8))
	case 3:
		if isIndexedJob(job) && spec.BackoffLimitPerIndex == nil && spec.SuccessPolicy == nil {
			size := 1 + s.random.Int32N(9)
			spec.Parallelism, spec.Completions = &size, &size
		}
	case 4:
		spec.ActiveDeadlineSeconds = ptr.To(1 + s.random.Int64N(900))
	case 5:
		spec.BackoffLimit = ptr.To(*spec.BackoffLimit/2 + 1)
	}
	job.Generation++
	s.job = job
}

// live is a step in the life of a pod.
func (s *story) live(p *v1.Pod) *v1.Pod {
	r := s.random
	p = p.DeepCopy()
	switch {
	case p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed:
		if r.IntN(30) == 0 {
			s.terminate(p, 0)
		}
	case p.DeletionTimestamp != nil:
		if r.IntN(2) == 0 {
			s.end(p)
		}
	case r.IntN(25) == 0: // evicted, preempted, or deleted by somebody
		if r.IntN(2) == 0 {
			p.Status.Conditions = append(p.Status.Conditions,
				v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue, LastTransitionTime: s.apiNow()})
		}
		s.terminate(p, 30)
	case p.Spec.NodeName == "":
		p.Spec.NodeName = []string{"a", "b"}[r.IntN(2)]
	case p.Status.Phase == v1.PodPending:
		p.Status.Phase = v1.PodRunning
		p.Status.InitContainerStatuses = []v1.ContainerStatus{{Name: "fetch", State: terminated(0, s.apiNow())}}
		p.Status.ContainerStatuses = []v1.ContainerStatus{
			{Name: "c", State: v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: s.apiNow()}}}}
		s.ready(p, v1.ConditionTrue)
	case r.IntN(10) == 0:
		s.ready(p, v1.ConditionFalse)
	case p.Spec.RestartPolicy == v1.RestartPolicyOnFailure && r.IntN(10) < s.luck:
		p.Status.ContainerStatuses[0].RestartCount++
	case s.quick || r.IntN(3) == 0:
		s.end(p)
	}
	return p
}

func terminated(code int32, at metav1.Time) v1.ContainerState {
	return v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: code, FinishedAt: at}}
}

func (s *story) ready(p *v1.Pod, status v1.ConditionStatus) {
	p.Status.Conditions = slices.DeleteFunc(p.Status.Conditions, func(c v1.PodCondition) bool {
		return c.Type == v1.PodReady
	})
	p.Status.Conditions = append(p.Status.Conditions, v1.PodCondition{Type: v1.PodReady, Status: status,
		LastTransitionTime: s.apiNow()})
}

// end is the end of a pod, sometimes without a word about its containers.
func (s *story) end(p *v1.Pod) {
	r := s.random
	code := int32(0)
	if r.IntN(10) < s.luck {
		code = []int32{1, 2, 3, 137}[r.IntN(4)]
	}
	p.Status.Phase = v1.PodSucceeded
	if code != 0 || p.Spec.NodeName == "" {
		p.Status.Phase = v1.PodFailed
	}
	s.ready(p, v1.ConditionFalse)
	switch r.IntN(8) {
	case 0:
		p.Status.ContainerStatuses, p.Status.InitContainerStatuses = nil, nil
	case 1:
		p.Status.Conditions = nil
		fallthrough
	default:
		p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "c", State: terminated(code, s.apiNow())}}
	}
}

// terminate is the API server beginning the deletion of a pod.
func (s *story) terminate(p *v1.Pod, grace int64) {
	if p.DeletionTimestamp == nil {
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &metav1.Time{
			Time: s.apiNow().Add(time.Duration(grace) * time.Second)}, &grace
	}
}

// The API server, to the controller.

// create gives a pod its name. Pods made side by side get theirs by chance, but
// for it they are the same or have an index.
func (s *story) create(p *v1.Pod) (*v1.Pod, error) {
	s.attempts++
	if s.stingy && s.refuses(p) {
		return nil, apierrors.NewForbidden(v1.Resource("pods"), p.Name, errors.New("exceeded quota"))
	}
	s.created++
	p = p.DeepCopy()
	s.serial++
	p.Namespace, p.Name = "default", fmt.Sprintf("%s%05d", p.GenerateName, s.serial)
	p.UID = types.UID("uid-" + p.Name)
	p.CreationTimestamp, p.Status.Phase = s.apiNow(), v1.PodPending
	s.pods = append(s.pods, p)
	return p, nil
}

// refuses lets the first pod pass, or every second index, as those made side by
// side come in any order.
func (s *story) refuses(p *v1.Pod) bool {
	if index := getCompletionIndex(p); index != unknownCompletionIndex {
		return index%2 > 0
	}
	return s.created > 0
}

// order puts pods that were made side by side into an order of their own: by
// chance they came in another.
func (s *story) order() {
	slices.SortStableFunc(s.pods, func(a, b *v1.Pod) int {
		if c := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); c != 0 {
			return c
		}
		return cmp.Compare(getCompletionIndex(a), getCompletionIndex(b))
	})
}

func (s *story) find(name string) int {
	return slices.IndexFunc(s.pods, func(p *v1.Pod) bool { return p.Name == name })
}

func (s *story) delete(name string) error {
	i := s.find(name)
	if i < 0 {
		return nil
	}
	p := s.pods[i].DeepCopy()
	s.terminate(p, 30)
	if p.Spec.NodeName == "" && len(p.Finalizers) == 0 {
		s.pods = slices.Delete(slices.Clone(s.pods), i, i+1)
		return nil
	}
	s.pods[i] = p
	return nil
}

func (s *story) release(name string) *v1.Pod {
	i := s.find(name)
	if i < 0 {
		return nil
	}
	p := s.pods[i].DeepCopy()
	p.Finalizers = nil
	s.pods[i] = p
	return p
}

func (s *story) writeStatus(status batch.JobStatus) *batch.Job {
	s.before = s.job
	job := s.job.DeepCopy()
	status.DeepCopyInto(&job.Status)
	for _, at := range []*metav1.Time{job.Status.StartTime, job.Status.CompletionTime} {
		wholeSeconds(at)
	}
	for i := range job.Status.Conditions {
		wholeSeconds(&job.Status.Conditions[i].LastProbeTime)
		wholeSeconds(&job.Status.Conditions[i].LastTransitionTime)
	}
	s.job = job
	return job.DeepCopy()
}
