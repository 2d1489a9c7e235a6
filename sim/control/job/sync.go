package job

import (
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/klog/v2"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/job/util"
	"k8s.io/utils/ptr"
)

// BatchPeriod is how long after a change of a pod or of the status a sync comes,
// so that it sees more of them (SyncJobBatchPeriod in job_controller.go).
const BatchPeriod = time.Second

// Waits between syncs whose writes failed (DefaultJobApiBackOff and
// MaxJobApiBackOff in job_controller.go).
const (
	FirstRetry = time.Second
	LastRetry  = time.Minute
)

// Limits of one sync (job_controller.go).
const (
	maxUncountedPods          = 500
	maxPodCreateDeletePerSync = 500
)

// syncCtx is upstream's syncJobCtx, with the writes so far.
type syncCtx struct {
	now     time.Time
	actions []Action
	refused int32

	job                             *batch.Job
	pods                            []*v1.Pod
	finishedCondition               *batch.JobCondition
	activePods                      []*v1.Pod
	succeeded                       int32
	failed                          int32
	prevSucceededIndexes            orderedIntervals
	succeededIndexes                orderedIntervals
	failedIndexes                   *orderedIntervals
	newBackoffRecord                Backoff
	expectedRmFinalizers            map[types.UID]bool
	uncounted                       uncountedTerminatedPods
	podsWithDelayedDeletionPerIndex map[int]*v1.Pod
	terminating                     int32
	ready                           int32
}

type uncountedTerminatedPods struct {
	succeeded, failed sets.Set[types.UID]
}

func (c *syncCtx) do(a Action) { c.actions = append(c.actions, a) }

// Sync is one sync of a Job (job_controller.go, syncJob). An error names the
// field of the view that can't be; there are no actions then.
func Sync(v View, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	if util.IsJobFinished(v.Job) {
		if v.Backoff != (Backoff{}) {
			return []Action{Remember{}}, nil
		}
		return nil, nil
	}
	if v.Finished {
		return nil, nil
	}
	c := newSyncCtx(&v, now)
	c.sync(!v.Unobserved)
	return c.actions, nil
}

func newSyncCtx(v *View, now time.Time) *syncCtx {
	job := v.Job.DeepCopy()
	if job.Status.UncountedTerminatedPods == nil {
		job.Status.UncountedTerminatedPods = &batch.UncountedTerminatedPods{}
	}
	c := &syncCtx{
		now: now, refused: v.Refused, job: job, pods: append([]*v1.Pod(nil), v.Pods...),
		activePods:           controller.FilterActivePods(silent, v.Pods),
		expectedRmFinalizers: v.Released,
		uncounted: uncountedTerminatedPods{
			succeeded: sets.New(job.Status.UncountedTerminatedPods.Succeeded...),
			failed:    sets.New(job.Status.UncountedTerminatedPods.Failed...),
		},
		terminating: controller.CountTerminatingPods(v.Pods),
	}
	c.ready = countReadyPods(c.activePods)
	newSucceeded, newFailed := c.newFinishedPods()
	c.succeeded = job.Status.Succeeded + int32(len(newSucceeded)) + int32(len(c.uncounted.succeeded))
	c.failed = job.Status.Failed + c.nonIgnoredFailedPodsCount(newFailed) + int32(len(c.uncounted.failed))
	c.newBackoffRecord = v.Backoff.after(newSucceeded, newFailed)
	return c
}

// sync is the rest of syncJob: is the Job over, which pods are missing or too
// many, what has the status to say.
func (c *syncCtx) sync(satisfiedExpectations bool) {
	job := c.job
	active := int32(len(c.activePods))
	if job.Status.StartTime == nil && !jobSuspended(job) {
		job.Status.StartTime = ptr.To(metav1.NewTime(c.now))
	}
	c.evaluateEnd()

	suspendCondChanged := false
	if c.finishedCondition != nil {
		deleted := c.deletePods(c.activePods, false)
		if deleted != active || !satisfiedExpectations {
			// There may be finalizers left, or pods that the view doesn't show.
			c.finishedCondition = nil
		}
		active -= deleted
	} else {
		manageJobCalled := false
		if satisfiedExpectations && job.DeletionTimestamp == nil {
			active = c.manageJob()
			manageJobCalled = true
		}
		if c.complete(active) {
			c.finishedCondition = c.newSuccessCondition()
		} else if manageJobCalled {
			suspendCondChanged = c.followSuspension()
		}
	}

	needsStatusUpdate := suspendCondChanged || active != job.Status.Active || !ptr.Equal(&c.ready, job.Status.Ready) ||
		!ptr.Equal(job.Status.Terminating, &c.terminating)
	job.Status.Active, job.Status.Ready, job.Status.Terminating = active, ptr.To(c.ready), ptr.To(c.terminating)
	c.trackJobStatusAndRemoveFinalizers(needsStatusUpdate)
}

// complete reports whether enough pods have succeeded and none runs. Without
// completions one good pod is enough.
func (c *syncCtx) complete(active int32) bool {
	if c.job.Spec.Completions == nil {
		return c.succeeded > 0 && active == 0
	}
	return c.succeeded >= *c.job.Spec.Completions && active == 0
}

// followSuspension keeps the condition Suspended and restarts the clock of
// activeDeadlineSeconds when the Job is resumed.
func (c *syncCtx) followSuspension() bool {
	status, reason, message := v1.ConditionFalse, "JobResumed", "Job resumed"
	if jobSuspended(c.job) {
		status, reason, message = v1.ConditionTrue, "JobSuspended", "Job suspended"
	}
	conditions, changed := ensureJobConditionStatus(c.job.Status.Conditions, batch.JobSuspended, status, reason, message,
		c.now)
	c.job.Status.Conditions = conditions
	if !changed {
		return false
	}
	if jobSuspended(c.job) {
		c.do(Event{Type: v1.EventTypeNormal, Reason: "Suspended", Message: message})
		c.job.Status.StartTime = nil // MutableSchedulingDirectivesForSuspendedJobs, on since 1.36
	} else {
		c.do(Event{Type: v1.EventTypeNormal, Reason: "Resumed", Message: message})
		c.job.Status.StartTime = ptr.To(metav1.NewTime(c.now))
	}
	return true
}

// deletePods deletes pods and follows the counters of the status. All deletions
// are taken to succeed.
func (c *syncCtx) deletePods(pods []*v1.Pod, release bool) int32 {
	if len(pods) > 0 {
		c.do(DeletePods{Pods: pods, Release: release})
	}
	deleted := int32(len(pods))
	c.terminating += deleted
	c.ready -= countReadyPods(pods)
	return deleted
}

// newFinishedPods are the ended pods that the status doesn't count yet
// (getNewFinishedPods).
func (c *syncCtx) newFinishedPods() (succeeded, failed []*v1.Pod) {
	succeeded = c.validPods(c.uncounted.succeeded, func(p *v1.Pod) bool { return p.Status.Phase == v1.PodSucceeded })
	failed = c.validPods(c.uncounted.failed, func(p *v1.Pod) bool { return isPodFailed(p, c.job) })
	return succeeded, failed
}

// validPods are pods with a tracking finalizer that aren't counted and have, in
// an Indexed Job, a valid completion index (getValidPodsWithFilter).
func (c *syncCtx) validPods(uncounted sets.Set[types.UID], filter func(*v1.Pod) bool) (list []*v1.Pod) {
	for _, p := range c.pods {
		if !hasJobTrackingFinalizer(p) || uncounted.Has(p.UID) || c.expectedRmFinalizers[p.UID] {
			continue
		}
		if isIndexedJob(c.job) && !c.validIndex(getCompletionIndex(p)) {
			continue
		}
		if filter(p) {
			list = append(list, p)
		}
	}
	return list
}

func (c *syncCtx) nonIgnoredFailedPodsCount(failed []*v1.Pod) int32 {
	n := int32(0)
	for _, p := range failed {
		if _, countFailed, _ := matchPodFailurePolicy(c.job.Spec.PodFailurePolicy, p); countFailed {
			n++
		}
	}
	return n
}

// isPodFailed counts pods under deletion as failed, unless they are replaced
// only when they have ended.
func isPodFailed(p *v1.Pod, job *batch.Job) bool {
	if p.Status.Phase == v1.PodFailed {
		return true
	}
	return !onlyReplaceFailedPods(job) && p.DeletionTimestamp != nil && p.Status.Phase != v1.PodSucceeded
}

func onlyReplaceFailedPods(job *batch.Job) bool {
	return ptr.Deref(job.Spec.PodReplacementPolicy, batch.TerminatingOrFailed) == batch.Failed
}

func jobSuspended(job *batch.Job) bool { return ptr.Deref(job.Spec.Suspend, false) }

func countReadyPods(pods []*v1.Pod) int32 {
	n := int32(0)
	for _, p := range pods {
		if podutil.IsPodReady(p) {
			n++
		}
	}
	return n
}

// silent drops what upstream's helpers log: it goes into events and the status
// where it matters.
var silent klog.Logger
