package cluster_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	batchv1client "k8s.io/client-go/kubernetes/typed/batch/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/klog/v2"
	upstreamjob "k8s.io/kubernetes/pkg/controller/job"
	jobutil "k8s.io/kubernetes/pkg/controller/job/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Delays of the real controller's watches and writes, as the world has them.
const (
	watchDelay = manager.WatchTime
	writeTime  = 3 * time.Millisecond // to be carried out, Latencies.Job without the watch
)

// lifespan is what became of a pod, counted from its creation, and of one that
// is deleted from its deletion.
type lifespan struct {
	bound, ready, exit, finished, ended time.Duration
	code                                int32
	phase                               v1.PodPhase
}

// jobCourse is when pods were made and how the Job's status went on.
type jobCourse struct {
	created []time.Duration
	turns   []string // "complete 3/1"
	at      []time.Duration
}

func (c *jobCourse) turn(at time.Duration, phase string, succeeded, failed int32) {
	text := fmt.Sprintf("%s %d/%d", phase, succeeded, failed)
	if n := len(c.turns); n == 0 || c.turns[n-1] != text {
		c.turns, c.at = append(c.turns, text), append(c.at, at)
	}
}

// lifespans reads them off the records of a world, by the pod's index and how
// often that was made.
func lifespans(records []record.Record) (map[string]*lifespan, jobCourse) {
	lives, born, deleted := map[string]*lifespan{}, map[string]sim.Time{}, map[string]sim.Time{}
	named, made := map[string]*lifespan{}, map[string]int{}
	var course jobCourse
	for _, r := range records {
		switch r := r.(type) {
		case record.PodCreated:
			course.created = append(course.created, time.Duration(r.T))
			index := indexOfName(r.Pod)
			made[index]++
			l := &lifespan{}
			lives[fmt.Sprint(index, "#", made[index])], named[r.Pod], born[r.Pod] = l, l, r.T
		case record.PodScheduled:
			named[r.Pod].bound = r.T.Sub(born[r.Pod])
		case record.PodReady:
			if l := named[r.Pod]; r.Ready && l.ready == 0 {
				l.ready = r.T.Sub(born[r.Pod])
			}
		case record.ContainerExited:
			named[r.Pod].exit, named[r.Pod].code = r.T.Sub(born[r.Pod]), r.ExitCode
		case record.PodDeleting:
			deleted[r.Pod] = r.T
		case record.PodFinished:
			named[r.Pod].finished, named[r.Pod].phase = r.T.Sub(born[r.Pod]), v1.PodPhase(r.Phase)
		case record.PodGone:
			named[r.Pod].ended = r.T.Sub(deleted[r.Pod])
		case record.JobChanged:
			course.turn(time.Duration(r.T), string(r.Phase), r.Succeeded, r.Failed)
		}
	}
	return lives, course
}

// indexOfName is the completion index in a pod's name, "" without one.
func indexOfName(name string) string {
	parts := strings.Split(name, "-")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// realJob is an API server with the real Job controller and kubelets that let
// each pod live as it did in the world.
type realJob struct {
	t      *testing.T
	mu     sync.Mutex
	start  time.Time
	job    *batchv1.Job
	pods   map[string]*v1.Pod
	serial int
	lives  map[string]*lifespan
	made   map[string]int
	watch  map[string]chan watch.Event
	sent   map[string]time.Time // the last event
	course jobCourse
}

// send lets a watch see a change, a moment later and after those before.
func (r *realJob) send(kind watch.EventType, resource string, o runtime.Object) {
	events, at := r.watch[resource], time.Now().Add(watchDelay)
	if last := r.sent[resource]; !at.After(last) {
		at = last.Add(1)
	}
	r.sent[resource] = at
	o = o.DeepCopyObject()
	time.AfterFunc(time.Until(at), func() { events <- watch.Event{Type: kind, Object: o} })
}

func (r *realJob) version() string {
	r.serial++
	return strconv.Itoa(r.serial)
}

func (r *realJob) now() metav1.Time { return metav1.NewTime(time.Now().Truncate(time.Second)) }

// change edits a pod; it goes when nothing holds it.
func (r *realJob) change(name string, edit func(*v1.Pod)) *v1.Pod {
	p := r.pods[name]
	if p == nil {
		return nil
	}
	p = p.DeepCopy()
	edit(p)
	p.ResourceVersion = r.version()
	r.pods[name] = p
	if p.DeletionTimestamp != nil && *p.DeletionGracePeriodSeconds == 0 && len(p.Finalizers) == 0 {
		delete(r.pods, name)
		r.send(watch.Deleted, "pods", p)
	} else {
		r.send(watch.Modified, "pods", p)
	}
	return p
}

// later edits a pod after some time, if it is there.
func (r *realJob) later(after time.Duration, name string, edit func(*v1.Pod)) {
	time.AfterFunc(after, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.change(name, edit)
	})
}

func (r *realJob) create(o *v1.Pod) *v1.Pod {
	p := o.DeepCopy()
	r.serial++
	p.Name, p.UID = fmt.Sprintf("%s%d", p.GenerateName, r.serial), types.UID(fmt.Sprint("pod-", r.serial))
	p.Namespace, p.CreationTimestamp, p.Status.Phase, p.ResourceVersion = r.job.Namespace, r.now(), v1.PodPending,
		r.version()
	r.pods[p.Name] = p
	r.course.created = append(r.course.created, time.Since(r.start))
	r.send(watch.Added, "pods", p)
	index := p.Annotations[batchv1.JobCompletionIndexAnnotation]
	r.made[index]++
	l := r.lives[fmt.Sprint(index, "#", r.made[index])]
	require.NotNil(r.t, l, "a pod that the world did not make: %s", p.Name)
	r.live(p.Name, l)
	return p.DeepCopy()
}

func (r *realJob) live(name string, l *lifespan) {
	ready := func(p *v1.Pod, status v1.ConditionStatus) {
		p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: status, LastTransitionTime: r.now()}}
	}
	r.later(l.bound, name, func(p *v1.Pod) { p.Spec.NodeName = "node" })
	r.later(l.ready, name, func(p *v1.Pod) {
		p.Status.Phase = v1.PodRunning
		p.Status.ContainerStatuses = []v1.ContainerStatus{
			{Name: "c", State: v1.ContainerState{Running: &v1.ContainerStateRunning{}}}}
		ready(p, v1.ConditionTrue)
	})
	if l.finished == 0 {
		return
	}
	exited := metav1.NewTime(time.Now().Add(l.exit).Truncate(time.Second))
	r.later(l.finished, name, func(p *v1.Pod) {
		if p.DeletionTimestamp != nil {
			return // its end is on its own
		}
		p.Status.Phase = l.phase
		p.Status.ContainerStatuses = []v1.ContainerStatus{
			{Name: "c", State: v1.ContainerState{
				Terminated: &v1.ContainerStateTerminated{ExitCode: l.code, FinishedAt: exited}}}}
		ready(p, v1.ConditionFalse)
	})
}

func (r *realJob) delete(name string) {
	p := r.pods[name]
	if p == nil || p.DeletionTimestamp != nil {
		return
	}
	grace := int64(30)
	if p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed {
		grace = 0
	}
	r.change(name, func(p *v1.Pod) {
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &metav1.Time{
			Time: r.now().Add(time.Duration(grace) * time.Second)}, &grace
	})
	index := p.Annotations[batchv1.JobCompletionIndexAnnotation]
	if l := r.lives[fmt.Sprint(index, "#", r.made[index])]; grace > 0 {
		r.later(l.ended, name, func(p *v1.Pod) { p.Status.Phase, p.DeletionGracePeriodSeconds = v1.PodFailed, new(int64) })
	}
}

func (r *realJob) react(a clienttesting.Action) (bool, runtime.Object, error) {
	resource := a.GetResource().Resource
	if resource == "events" {
		return true, &v1.Event{}, nil
	}
	if a.GetVerb() == "list" {
		if resource == "pods" {
			return true, &v1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}, nil
		}
		return true, &batchv1.JobList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}, nil
	}
	return true, r.write(a), nil
}

// slow is a client whose writes take time. The fake one must not sleep itself:
// it holds a lock.
type slow struct{ kubernetes.Interface }

// take lets pass what a write takes to be carried out, and then to be answered.
func take() func() {
	time.Sleep(writeTime)
	return func() { time.Sleep(manager.CallTime - writeTime) }
}

func (c slow) CoreV1() corev1client.CoreV1Interface    { return slowCore{c.Interface.CoreV1()} }
func (c slow) BatchV1() batchv1client.BatchV1Interface { return slowBatch{c.Interface.BatchV1()} }

type slowCore struct{ corev1client.CoreV1Interface }

func (c slowCore) Pods(namespace string) corev1client.PodInterface {
	return slowPods{c.CoreV1Interface.Pods(namespace)}
}

type slowPods struct{ corev1client.PodInterface }

func (c slowPods) Create(ctx context.Context, p *v1.Pod, o metav1.CreateOptions) (*v1.Pod, error) {
	defer take()()
	return c.PodInterface.Create(ctx, p, o)
}

func (c slowPods) Delete(ctx context.Context, name string, o metav1.DeleteOptions) error {
	defer take()()
	return c.PodInterface.Delete(ctx, name, o)
}

func (c slowPods) Patch(ctx context.Context, name string, kind types.PatchType, data []byte, o metav1.PatchOptions,
	sub ...string) (*v1.Pod, error) {
	defer take()()
	return c.PodInterface.Patch(ctx, name, kind, data, o, sub...)
}

type slowBatch struct{ batchv1client.BatchV1Interface }

func (c slowBatch) Jobs(namespace string) batchv1client.JobInterface {
	return slowJobs{c.BatchV1Interface.Jobs(namespace)}
}

type slowJobs struct{ batchv1client.JobInterface }

func (c slowJobs) UpdateStatus(ctx context.Context, j *batchv1.Job, o metav1.UpdateOptions) (*batchv1.Job, error) {
	defer take()()
	return c.JobInterface.UpdateStatus(ctx, j, o)
}

func (r *realJob) write(a clienttesting.Action) runtime.Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch a := a.(type) {
	case clienttesting.DeleteAction:
		r.delete(a.GetName())
		return nil
	case clienttesting.PatchAction:
		return r.change(a.GetName(), func(p *v1.Pod) { p.Finalizers = nil })
	case clienttesting.UpdateAction: // which a creation looks like, too
		if p, is := a.GetObject().(*v1.Pod); is {
			return r.create(p)
		}
		r.job = a.GetObject().(*batchv1.Job).DeepCopy()
		r.job.ResourceVersion = r.version()
		if s := r.job.Status.StartTime; s != nil {
			s.Time = s.Truncate(time.Second)
		}
		r.follow()
		r.send(watch.Modified, "jobs", r.job)
		return r.job.DeepCopy()
	}
	panic("upstream asks for " + a.GetVerb())
}

func (r *realJob) follow() {
	s, phase := &r.job.Status, "running"
	if finished, kind := jobutil.FinishedCondition(r.job); finished {
		phase = map[batchv1.JobConditionType]string{batchv1.JobComplete: "complete", batchv1.JobFailed: "failed"}[kind]
	}
	r.course.turn(time.Since(r.start), phase, s.Succeeded, s.Failed)
}

// playReal lets the real controller work on the Job of a spec.
func playReal(t *testing.T, spec *cluster.Spec, lives map[string]*lifespan) jobCourse {
	r := &realJob{t: t, pods: map[string]*v1.Pod{}, serial: 1, lives: lives, made: map[string]int{},
		watch: map[string]chan watch.Event{}, sent: map[string]time.Time{}}
	client := &fake.Clientset{}
	client.AddReactor("*", "*", r.react)
	client.AddWatchReactor("*", func(a clienttesting.Action) (bool, watch.Interface, error) {
		events := make(chan watch.Event, 10_000)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.watch[a.GetResource().Resource] = events
		return true, watch.NewProxyWatcher(events), nil
	})
	ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
	factory := informers.NewSharedInformerFactory(client, 0)
	controller, err := upstreamjob.NewController(ctx, slow{client}, factory.Core().V1().Pods(),
		factory.Batch().V1().Jobs(), nil, nil)
	require.NoError(t, err)
	factory.Start(ctx.Done())
	var done sync.WaitGroup
	done.Go(func() { controller.Run(ctx, 1) })
	time.Sleep(time.Second) // a whole one, as the world begins with
	r.mu.Lock()
	r.start, r.job = time.Now(), spec.Objects[0].DeepCopyObject().(*batchv1.Job)
	r.job.UID, r.job.Generation, r.job.CreationTimestamp, r.job.ResourceVersion = "job", 1, r.now(), r.version()
	r.job.Spec.Selector = &metav1.LabelSelector{MatchLabels: r.job.Spec.Template.Labels}
	r.send(watch.Added, "jobs", r.job)
	r.mu.Unlock()
	time.Sleep(spec.Duration)
	cancel()
	done.Wait()
	factory.Shutdown()
	return r.course
}

// TestJobsTakeTheirTimeAsWithTheRealController lets pods live as they do in the
// world beside the real controller with its informers and its queue: pods are
// made and the status is written at the same times.
func TestJobsTakeTheirTimeAsWithTheRealController(t *testing.T) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	handlers := utilruntime.ErrorHandlers
	utilruntime.ErrorHandlers = nil
	defer func() { utilruntime.ErrorHandlers = handlers }()
	fails := func(rate float64) func(*kubelet.Behaviour) {
		return func(b *kubelet.Behaviour) {
			b.Runs, b.FailureRate = distribution.Exponential(20), rate
			if rate > 0 {
				b.ExitCode = 3
			}
		}
	}
	for name, test := range map[string]struct {
		spec   func(*batchv1.JobSpec)
		behave func(*kubelet.Behaviour)
	}{
		"all goes well": {indexed(9, 3), fails(0)},
		"some fail": {func(s *batchv1.JobSpec) { s.Completions, s.Parallelism = ptr.To[int32](8), ptr.To[int32](3) },
			fails(0.3)},
		"all fail":     {func(s *batchv1.JobSpec) { s.BackoffLimit = ptr.To[int32](5) }, fails(1)},
		"a work queue": {func(s *batchv1.JobSpec) { s.Parallelism = ptr.To[int32](4) }, fails(0.5)},
		"a deadline": {func(s *batchv1.JobSpec) { indexed(20, 2)(s); s.ActiveDeadlineSeconds = ptr.To[int64](70) },
			fails(0.2)},
		"back-off limit": {func(s *batchv1.JobSpec) { indexed(20, 5)(s); s.BackoffLimit = ptr.To[int32](2) }, fails(0.4)},
		"limits per index": {func(s *batchv1.JobSpec) { indexed(6, 4)(s); s.BackoffLimitPerIndex = ptr.To[int32](2) },
			fails(0.4)},
		"an exit code that fails the Job": {func(s *batchv1.JobSpec) {
			indexed(12, 3)(s)
			s.PodReplacementPolicy = ptr.To(batchv1.Failed)
			s.PodFailurePolicy = &batchv1.PodFailurePolicy{
				Rules: []batchv1.PodFailurePolicyRule{{Action: batchv1.PodFailurePolicyActionFailJob,
					OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{Operator: batchv1.PodFailurePolicyOnExitCodesOpIn,
						Values: []int32{3}}}}}
		}, fails(0.2)},
	} {
		for seed := range uint64(5) {
			spec := batch(test.spec, test.behave)
			spec.Seed = seed
			lives, world := lifespans(play(t, spec, 0))
			var real jobCourse
			synctest.Test(t, func(t *testing.T) { real = playReal(t, spec, lives) })
			what := fmt.Sprintf("%s, seed %d: made %v, %v %v\nin the world %v, %v %v", name, seed, real.created, real.turns,
				real.at, world.created, world.turns, world.at)
			require.Equal(t, real.turns, world.turns, what)
			requireNear(t, real.created, world.created, 0.05, what)
			// A pod can end within milliseconds of a sync, and then counts a second later.
			requireNear(t, real.at, world.at, 1.2, what)
		}
	}
}

// requireNear holds that two lists of times differ by no more than some seconds.
func requireNear(t *testing.T, want, got []time.Duration, seconds float64, what string) {
	t.Helper()
	require.Len(t, got, len(want), what)
	for i := range want {
		require.InDelta(t, want[i].Seconds(), got[i].Seconds(), seconds, "%d of %v and %v, %s", i, want, got, what)
	}
}
