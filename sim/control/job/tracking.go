package job

import (
	"slices"
	"sort"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"
)

// trackJobStatusAndRemoveFinalizers counts the pods that have ended. So that
// none is counted twice or lost, their UIDs go into the status, then the
// finalizers are removed, and then the counters are written.
func (c *syncCtx) trackJobStatusAndRemoveFinalizers(needsFlush bool) {
	if isIndexedJob(c.job) {
		sort.Sort(byCompletionIndex(c.pods))
	}
	withFinalizer := sets.New[types.UID]()
	for _, p := range c.pods {
		if hasJobTrackingFinalizer(p) && !c.expectedRmFinalizers[p.UID] {
			withFinalizer.Insert(p.UID)
		}
	}
	status := &c.job.Status
	if cleanUncountedPodsWithoutFinalizers(status, withFinalizer) {
		needsFlush = true
	}
	t := tracking{syncCtx: c, needsFlush: needsFlush}
	reachedMaxUncountedPods := t.collect()
	if isIndexedJob(c.job) {
		t.writeIndexes()
	}
	t.writeInterimCondition()

	if t.needsFlush {
		c.updateStatus()
		c.do(Remember{c.newBackoffRecord})
	}
	if len(t.remove) > 0 {
		c.do(RemoveFinalizers{t.remove})
		for _, p := range t.remove {
			withFinalizer.Delete(p.UID)
		}
	}
	needsFlush = cleanUncountedPodsWithoutFinalizers(status, withFinalizer)
	finished := !reachedMaxUncountedPods && c.enactJobFinished()
	if needsFlush || finished {
		c.updateStatus()
	}
	if finished {
		c.recordJobFinished()
	}
}

// tracking is what trackJobStatusAndRemoveFinalizers has found so far.
type tracking struct {
	*syncCtx
	needsFlush          bool
	remove              []*v1.Pod // their finalizers
	newSucceededIndexes []int
}

// collect goes through the pods that can lose their finalizer and books what
// became of them. It stops, and reports so, when the status would get too big.
func (t *tracking) collect() bool {
	uncounted := t.job.Status.UncountedTerminatedPods
	for _, p := range t.pods {
		if !hasJobTrackingFinalizer(p) || t.expectedRmFinalizers[p.UID] {
			continue
		}
		considerFailed := isPodFailed(p, t.job)
		if !t.canRemoveFinalizer(p, considerFailed) {
			continue
		}
		t.remove = append(t.remove, p)
		index := getCompletionIndex(p)
		switch {
		case p.Status.Phase == v1.PodSucceeded && !t.uncounted.failed.Has(p.UID):
			if isIndexedJob(t.job) {
				if t.validIndex(index) && !t.prevSucceededIndexes.has(index) {
					t.newSucceededIndexes = append(t.newSucceededIndexes, index)
					t.needsFlush = true
				}
			} else if !t.uncounted.succeeded.Has(p.UID) {
				uncounted.Succeeded = append(uncounted.Succeeded, p.UID)
				t.needsFlush = true
			}
		case considerFailed || (t.finishedCondition != nil && t.finishedCondition.Type != batch.JobSuccessCriteriaMet):
			// When the Job is over, every pod that hasn't ended counts as failed.
			if t.uncounted.failed.Has(p.UID) || (isIndexedJob(t.job) && !t.validIndex(index)) {
				break
			}
			if _, countFailed, _ := matchPodFailurePolicy(t.job.Spec.PodFailurePolicy, p); countFailed {
				uncounted.Failed = append(uncounted.Failed, p.UID)
				t.needsFlush = true
			}
		}
		if len(t.newSucceededIndexes)+len(uncounted.Succeeded)+len(uncounted.Failed) >= maxUncountedPods {
			return true
		}
	}
	return false
}

// canRemoveFinalizer holds back pods that run, and a failed one that waits for
// the next of its index.
func (c *syncCtx) canRemoveFinalizer(p *v1.Pod, considerFailed bool) bool {
	if c.job.DeletionTimestamp != nil || c.finishedCondition != nil || p.Status.Phase == v1.PodSucceeded {
		return true
	}
	if !considerFailed {
		return false
	}
	delayed := c.podsWithDelayedDeletionPerIndex[getCompletionIndex(p)]
	return delayed == nil || delayed.UID != p.UID
}

func (t *tracking) writeIndexes() {
	status := &t.job.Status
	t.succeededIndexes = t.succeededIndexes.withOrderedIndexes(t.newSucceededIndexes)
	completed := t.succeededIndexes.String()
	t.needsFlush = t.needsFlush || completed != status.CompletedIndexes
	status.Succeeded, status.CompletedIndexes = int32(t.succeededIndexes.total()), completed
	var failed *string
	if t.failedIndexes != nil {
		failed = ptr.To(t.failedIndexes.String())
	}
	if !ptr.Equal(status.FailedIndexes, failed) {
		status.FailedIndexes = failed
		t.needsFlush = true
	}
}

// writeInterimCondition says how the Job will end, before its finalizers are
// removed, and turns finishedCondition into the one for afterwards.
func (t *tracking) writeInterimCondition() {
	end, status := t.finishedCondition, &t.job.Status
	if end == nil {
		return
	}
	switch end.Type {
	case batch.JobFailureTarget:
		status.Conditions = append(status.Conditions, *end)
		t.needsFlush = true
		t.finishedCondition = newCondition(batch.JobFailed, end.Reason, end.Message, t.now)
	case batch.JobSuccessCriteriaMet:
		if trueCondition(t.job, batch.JobSuccessCriteriaMet) == nil {
			status.Conditions = append(status.Conditions, *end)
			t.needsFlush = true
		}
		t.finishedCondition = newCondition(batch.JobComplete, end.Reason, end.Message, t.now)
	}
}

// cleanUncountedPodsWithoutFinalizers counts the pods whose finalizer is gone
// and reports whether there were any.
func cleanUncountedPodsWithoutFinalizers(status *batch.JobStatus, withFinalizer sets.Set[types.UID]) bool {
	clean := func(list *[]types.UID, counter *int32) bool {
		left := slices.DeleteFunc(slices.Clone(*list), func(uid types.UID) bool { return !withFinalizer.Has(uid) })
		gone := len(*list) - len(left)
		if gone == 0 {
			return false
		}
		*counter += int32(gone)
		*list = left
		return true
	}
	succeeded := clean(&status.UncountedTerminatedPods.Succeeded, &status.Succeeded)
	failed := clean(&status.UncountedTerminatedPods.Failed, &status.Failed)
	return succeeded || failed
}

// updateStatus writes the status as it is now. Later writes start from what
// the API server has made of it.
func (c *syncCtx) updateStatus() {
	status := *c.job.Status.DeepCopy()
	for _, at := range []*metav1.Time{status.StartTime, status.CompletionTime} {
		wholeSeconds(at)
	}
	for i := range status.Conditions {
		wholeSeconds(&status.Conditions[i].LastProbeTime)
		wholeSeconds(&status.Conditions[i].LastTransitionTime)
	}
	c.do(UpdateStatus{status})
}

func wholeSeconds(t *metav1.Time) {
	if t != nil {
		t.Time = t.Truncate(time.Second)
	}
}
