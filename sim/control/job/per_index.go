package job

import (
	"math"
	"strconv"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

// backoffLimitPerIndex (indexed_job_utils.go). A failed pod's finalizer stays
// until the next pod of its index is there, which takes over the count of
// failures in an annotation.

// calculateFailedIndexes are the indexes that have failed for good, by the
// status and with the pods that it doesn't count yet.
func (c *syncCtx) calculateFailedIndexes() orderedIntervals {
	var before orderedIntervals
	if text := c.job.Status.FailedIndexes; text != nil {
		before = parseIndexesFromString(*text, int(*c.job.Spec.Completions))
	}
	fresh := sets.New[int]()
	for _, p := range c.pods {
		if index := getCompletionIndex(p); c.validIndex(index) && hasJobTrackingFinalizer(p) && isIndexFailed(c.job, p) {
			fresh.Insert(index)
		}
	}
	return before.withOrderedIndexes(sets.List(fresh))
}

func isIndexFailed(job *batch.Job, p *v1.Pod) bool {
	if !isPodFailed(p, job) {
		return false
	}
	_, countFailed, action := matchPodFailurePolicy(job.Spec.PodFailurePolicy, p)
	if action != nil && *action == batch.PodFailurePolicyActionFailIndex {
		return true
	}
	return countFailed && indexFailureCount(p) >= *job.Spec.BackoffLimitPerIndex
}

// delayedDeletions are the failed pods that wait for the next pod of their index
// (getPodsWithDelayedDeletionPerIndex).
func (c *syncCtx) delayedDeletions() map[int]*v1.Pod {
	active := indexesOf(c.activePods)
	delayed := map[int]*v1.Pod{}
	for _, p := range c.validPods(nil, func(p *v1.Pod) bool { return isPodFailed(p, c.job) }) {
		index := getCompletionIndex(p)
		if c.succeededIndexes.has(index) || c.failedIndexes.has(index) || active.Has(index) {
			continue
		}
		if last := delayed[index]; last == nil ||
			(absoluteFailureCount(last) <= absoluteFailureCount(p) && !getFinishedTime(p).Before(getFinishedTime(last))) {
			delayed[index] = p
		}
	}
	return delayed
}

// creatableIndexes are those whose back-off is over; when there are none it says
// how long the first has to wait (getPodCreationInfoForIndependentIndexes).
func (c *syncCtx) creatableIndexes(indexes []int) ([]int, time.Duration) {
	var ready []int
	var first time.Duration
	for _, index := range indexes {
		wait := time.Duration(0)
		if last := c.podsWithDelayedDeletionPerIndex[index]; last != nil {
			wait = remainingTime(c.now, absoluteFailureCount(last)+1, getFinishedTime(last))
		}
		if wait == 0 {
			ready = append(ready, index)
		} else if first == 0 || wait < first {
			first = wait
		}
	}
	if len(ready) > 0 {
		return ready, 0
	}
	return nil, first
}

func indexFailureCount(p *v1.Pod) int32 {
	return parseCount(p.Annotations[batch.JobIndexFailureCountAnnotation])
}

func indexIgnoredFailureCount(p *v1.Pod) int32 {
	return parseCount(p.Annotations[batch.JobIndexIgnoredFailureCountAnnotation])
}

func absoluteFailureCount(p *v1.Pod) int32 {
	return indexFailureCount(p) + indexIgnoredFailureCount(p)
}

// parseCount is 0 for what isn't a count.
func parseCount(text string) int32 {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0
	}
	return int32(n)
}
