package job

import (
	"sort"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller"
)

// manageJob brings the number of active pods to what the spec wants, as far as
// the back-off lets it, and returns it (job_controller.go, manageJob).
func (c *syncCtx) manageJob() int32 {
	job, active := c.job, int32(len(c.activePods))
	if jobSuspended(job) {
		return active - c.deletePods(activePodsForRemoval(job, c.activePods, int(active)), true)
	}
	wantActive := c.wantActive(active)
	podsToDelete := activePodsForRemoval(job, c.activePods, int(max(0, active-wantActive)))
	if len(podsToDelete) > maxPodCreateDeletePerSync {
		podsToDelete = podsToDelete[:maxPodCreateDeletePerSync]
	}
	if len(podsToDelete) > 0 {
		// A sync deletes or creates, never both.
		return active - c.deletePods(podsToDelete, true)
	}
	terminating := int32(0)
	if onlyReplaceFailedPods(job) {
		terminating = c.terminating
	}
	if diff := wantActive - terminating - active; diff > 0 {
		active += c.createPods(min(diff, maxPodCreateDeletePerSync))
	}
	return active
}

// wantActive is how many pods should run: no more than completions are missing.
func (c *syncCtx) wantActive(active int32) int32 {
	spec := &c.job.Spec
	if spec.Completions == nil {
		if c.succeeded > 0 {
			return active // those that run may end
		}
		return *spec.Parallelism
	}
	return max(0, min(*spec.Completions-c.succeeded, *spec.Parallelism))
}

// createPods creates up to that many pods, those whose back-off is over, and
// returns how many come to be. When none is due it asks for a sync at the time
// of the first.
func (c *syncCtx) createPods(count int32) int32 {
	perIndex := c.job.Spec.BackoffLimitPerIndex != nil
	if !perIndex {
		if wait := remainingTime(c.now, c.newBackoffRecord.FailuresAfterLastSuccess,
			c.newBackoffRecord.LastFailure); wait > 0 {
			c.requeueWithDelay(wait)
			return 0
		}
	}
	indexes := make([]int, count)
	for i := range indexes {
		indexes[i] = unknownCompletionIndex
	}
	if isIndexedJob(c.job) {
		indexes = c.firstPendingIndexes(int(count))
		if perIndex {
			var wait time.Duration
			if indexes, wait = c.creatableIndexes(indexes); wait > 0 {
				c.requeueWithDelay(wait)
				return 0
			}
		}
	}
	if len(indexes) > 0 {
		pods := make([]*v1.Pod, len(indexes))
		for i, index := range indexes {
			pods[i] = c.newPod(index)
		}
		c.do(CreatePods{pods})
	}
	return max(0, int32(len(indexes))-c.refused)
}

// requeueWithDelay is enqueueSyncJobWithDelay.
func (c *syncCtx) requeueWithDelay(delay time.Duration) {
	c.do(RequeueAfter{After: max(delay, BatchPeriod)})
}

// activePodsForRemoval are the pods without a place in the Job: in an Indexed
// one those of an index that another pod has, or of none, and then, up to the
// number that has to go, the least advanced. It sorts the pods in place.
func activePodsForRemoval(job *batch.Job, pods []*v1.Pod, rmAtLeast int) []*v1.Pod {
	var rm []*v1.Pod
	left := pods
	if isIndexedJob(job) {
		rm, left = duplicatedIndexPodsForRemoval(pods, int(*job.Spec.Completions))
	}
	if len(rm) < rmAtLeast {
		sort.Sort(controller.ActivePods(left))
		rm = append(rm, left[:rmAtLeast-len(rm)]...)
	}
	return rm
}

// duplicatedIndexPodsForRemoval is appendDuplicatedIndexPodsForRemoval in
// indexed_job_utils.go.
func duplicatedIndexPodsForRemoval(pods []*v1.Pod, completions int) (rm, left []*v1.Pod) {
	sort.Sort(byCompletionIndex(pods))
	for i := 0; i < len(pods); {
		index := getCompletionIndex(pods[i])
		if index >= completions {
			return append(rm, pods[i:]...), left
		}
		end := i + 1
		for end < len(pods) && getCompletionIndex(pods[end]) == index {
			end++
		}
		switch same := pods[i:end]; {
		case index == unknownCompletionIndex:
			rm = append(rm, same...)
		case len(same) == 1:
			left = append(left, same[0])
		default:
			sort.Sort(controller.ActivePods(same))
			rm = append(rm, same[:len(same)-1]...)
			left = append(left, same[len(same)-1])
		}
		i = end
	}
	return rm, left
}
