package job

import (
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// evaluateEnd finds out whether the Job is over and why: what an earlier sync
// has found holds, then come failures, then the success policy.
func (c *syncCtx) evaluateEnd() {
	c.finishedCondition = trueCondition(c.job, batch.JobSuccessCriteriaMet)
	if c.finishedCondition == nil {
		if target := trueCondition(c.job, batch.JobFailureTarget); target != nil {
			c.finishedCondition = newCondition(batch.JobFailed, target.Reason, target.Message, c.now)
		} else if message := c.failJobMessage(); message != nil {
			c.fail(batch.JobReasonPodFailurePolicy, *message)
		}
	}
	if c.finishedCondition == nil {
		c.evaluateLimits()
	}
	if isIndexedJob(c.job) {
		c.evaluateIndexes()
	}
}

// evaluateLimits looks at backoffLimit and activeDeadlineSeconds.
func (c *syncCtx) evaluateLimits() {
	spec := &c.job.Spec
	switch {
	case c.failed > *spec.BackoffLimit || pastBackoffLimitOnFailure(c.job, c.pods):
		c.fail(batch.JobReasonBackoffLimitExceeded, "Job has reached the specified backoff limit")
	case spec.ActiveDeadlineSeconds == nil || jobSuspended(c.job):
	default:
		left := time.Duration(*spec.ActiveDeadlineSeconds)*time.Second - c.now.Sub(c.job.Status.StartTime.Time)
		if left <= 0 {
			c.fail(batch.JobReasonDeadlineExceeded, "Job was active longer than specified deadline")
		} else {
			c.do(RequeueAfter{After: left})
		}
	}
}

// evaluateIndexes counts the indexes of an Indexed Job.
func (c *syncCtx) evaluateIndexes() {
	spec := &c.job.Spec
	c.prevSucceededIndexes, c.succeededIndexes = c.calculateSucceededIndexes()
	c.succeeded = int32(c.succeededIndexes.total())
	if spec.BackoffLimitPerIndex != nil {
		failed := c.calculateFailedIndexes()
		c.failedIndexes = &failed
		if c.finishedCondition == nil {
			switch n := failed.total(); {
			case spec.MaxFailedIndexes != nil && n > int(*spec.MaxFailedIndexes):
				c.fail(batch.JobReasonMaxFailedIndexesExceeded, "Job has exceeded the specified maximal number of failed indexes")
			case n > 0 && n+c.succeededIndexes.total() >= int(*spec.Completions):
				c.fail(batch.JobReasonFailedIndexes, "Job has failed indexes")
			}
		}
		c.podsWithDelayedDeletionPerIndex = c.delayedDeletions()
	}
	if c.finishedCondition == nil {
		if message, met := matchSuccessPolicy(spec.SuccessPolicy, *spec.Completions, c.succeededIndexes); met {
			c.finishedCondition = newCondition(batch.JobSuccessCriteriaMet, batch.JobReasonSuccessPolicy, message, c.now)
		}
	}
}

func (c *syncCtx) fail(reason, message string) {
	c.finishedCondition = newCondition(batch.JobFailureTarget, reason, message, c.now)
}

func (c *syncCtx) newSuccessCondition() *batch.JobCondition {
	return newCondition(batch.JobSuccessCriteriaMet, batch.JobReasonCompletionsReached,
		"Reached expected number of succeeded pods", c.now)
}

// pastBackoffLimitOnFailure counts the restarts of containers, which take the
// place of failed pods with restartPolicy OnFailure.
func pastBackoffLimitOnFailure(job *batch.Job, pods []*v1.Pod) bool {
	if job.Spec.Template.Spec.RestartPolicy != v1.RestartPolicyOnFailure {
		return false
	}
	restarts := int32(0)
	for _, p := range pods {
		if p.Status.Phase != v1.PodRunning && p.Status.Phase != v1.PodPending {
			continue
		}
		for i := range p.Status.InitContainerStatuses {
			restarts += p.Status.InitContainerStatuses[i].RestartCount
		}
		for i := range p.Status.ContainerStatuses {
			restarts += p.Status.ContainerStatuses[i].RestartCount
		}
	}
	if *job.Spec.BackoffLimit == 0 {
		return restarts > 0
	}
	return restarts >= *job.Spec.BackoffLimit
}

// enactJobFinished adds the condition Complete or Failed, unless pods are left
// that aren't counted or still terminate.
func (c *syncCtx) enactJobFinished() bool {
	end, status := c.finishedCondition, &c.job.Status
	if end == nil || c.terminating > 0 {
		return false
	}
	if u := status.UncountedTerminatedPods; u != nil && len(u.Succeeded)+len(u.Failed) > 0 {
		return false
	}
	status.Conditions, _ = ensureJobConditionStatus(status.Conditions, end.Type, end.Status, end.Reason, end.Message,
		c.now)
	if end.Type == batch.JobComplete {
		status.CompletionTime = ptr.To(end.LastTransitionTime)
	}
	return true
}

// recordJobFinished tells the users of the end.
func (c *syncCtx) recordJobFinished() {
	end := c.finishedCondition
	if end.Type != batch.JobComplete {
		c.do(Event{Type: v1.EventTypeWarning, Reason: end.Reason, Message: end.Message})
		return
	}
	if wanted := c.job.Spec.Completions; wanted != nil && c.job.Status.Succeeded > *wanted {
		c.do(Event{Type: v1.EventTypeWarning, Reason: "TooManySucceededPods",
			Message: "Too many succeeded pods running after completion count reached"})
	}
	c.do(Event{Type: v1.EventTypeNormal, Reason: "Completed", Message: "Job completed"})
}

func newCondition(kind batch.JobConditionType, reason, message string, now time.Time) *batch.JobCondition {
	at := metav1.NewTime(now)
	return &batch.JobCondition{Type: kind, Status: v1.ConditionTrue, LastProbeTime: at, LastTransitionTime: at,
		Reason: reason, Message: message}
}

// trueCondition is the Job's condition of that type if it is true, else nil.
func trueCondition(job *batch.Job, kind batch.JobConditionType) *batch.JobCondition {
	if c := findConditionByType(job.Status.Conditions, kind); c != nil && c.Status == v1.ConditionTrue {
		return c
	}
	return nil
}

func findConditionByType(list []batch.JobCondition, kind batch.JobConditionType) *batch.JobCondition {
	for i := range list {
		if list[i].Type == kind {
			return &list[i]
		}
	}
	return nil
}

// ensureJobConditionStatus adds or changes a condition and reports whether that
// made a difference. A condition that isn't there is not added as false.
func ensureJobConditionStatus(list []batch.JobCondition, kind batch.JobConditionType, status v1.ConditionStatus, reason,
	message string, now time.Time) ([]batch.JobCondition, bool) {
	next := newCondition(kind, reason, message, now)
	next.Status = status
	if old := findConditionByType(list, kind); old != nil {
		if old.Status == status && old.Reason == reason && old.Message == message {
			return list, false
		}
		*old = *next
		return list, true
	}
	if status == v1.ConditionFalse {
		return list, false
	}
	return append(list, *next), true
}
