package job

import (
	"strconv"
	"strings"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/kubernetes/pkg/controller"
)

// Indexes of an Indexed Job (indexed_job_utils.go).

const unknownCompletionIndex = -1

func isIndexedJob(job *batch.Job) bool {
	return job.Spec.CompletionMode != nil && *job.Spec.CompletionMode == batch.IndexedCompletion
}

// getCompletionIndex is the index in a pod's annotation, unknownCompletionIndex
// when there is none.
func getCompletionIndex(p *v1.Pod) int {
	i, err := strconv.Atoi(p.Annotations[batch.JobCompletionIndexAnnotation])
	if err != nil || i < 0 {
		return unknownCompletionIndex
	}
	return i
}

// validIndex reports whether an index is one of the Job's.
func (c *syncCtx) validIndex(index int) bool {
	return index != unknownCompletionIndex && index < int(*c.job.Spec.Completions)
}

// calculateSucceededIndexes are the indexes that have succeeded, by the status
// and with the pods that it doesn't count yet.
func (c *syncCtx) calculateSucceededIndexes() (before, now orderedIntervals) {
	before = parseIndexesFromString(c.job.Status.CompletedIndexes, int(*c.job.Spec.Completions))
	fresh := sets.New[int]()
	for _, p := range c.pods {
		if index := getCompletionIndex(p); p.Status.Phase == v1.PodSucceeded && c.validIndex(index) &&
			hasJobTrackingFinalizer(p) {
			fresh.Insert(index)
		}
	}
	return before, before.withOrderedIndexes(sets.List(fresh))
}

// firstPendingIndexes are the lowest indexes without a pod that runs or has
// succeeded, and that haven't failed for good.
func (c *syncCtx) firstPendingIndexes(count int) []int {
	nonPending := c.succeededIndexes.withOrderedIndexes(sets.List(indexesOf(c.activePods)))
	if onlyReplaceFailedPods(c.job) {
		terminating := indexesOf(controller.FilterTerminatingPods(c.pods))
		nonPending = nonPending.withOrderedIndexes(sets.List(terminating))
	}
	if c.failedIndexes != nil {
		nonPending = nonPending.merge(*c.failedIndexes)
	}
	var pending []int
	candidate, completions := 0, int(*c.job.Spec.Completions)
	for _, taken := range nonPending {
		for ; candidate < min(completions, taken.first) && len(pending) < count; candidate++ {
			pending = append(pending, candidate)
		}
		candidate = max(candidate, taken.last+1)
	}
	for ; candidate < completions && len(pending) < count; candidate++ {
		pending = append(pending, candidate)
	}
	return pending
}

// indexesOf are the indexes that pods have.
func indexesOf(pods []*v1.Pod) sets.Set[int] {
	set := sets.New[int]()
	for _, p := range pods {
		if index := getCompletionIndex(p); index != unknownCompletionIndex {
			set.Insert(index)
		}
	}
	return set
}

type byCompletionIndex []*v1.Pod

func (b byCompletionIndex) Less(i, j int) bool {
	return getCompletionIndex(b[i]) < getCompletionIndex(b[j])
}
func (b byCompletionIndex) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b byCompletionIndex) Len() int      { return len(b) }

type interval struct{ first, last int }

// orderedIntervals are indexes as the status has them: "1,3-5,7".
type orderedIntervals []interval

func (o orderedIntervals) withOrderedIndexes(indexes []int) orderedIntervals {
	other := make(orderedIntervals, len(indexes))
	for i, index := range indexes {
		other[i] = interval{index, index}
	}
	return o.merge(other)
}

func (o orderedIntervals) merge(other orderedIntervals) orderedIntervals {
	var merged orderedIntervals
	add := func(next interval) {
		if n := len(merged); n == 0 || next.first > merged[n-1].last+1 {
			merged = append(merged, next)
		} else {
			merged[n-1].last = max(merged[n-1].last, next.last)
		}
	}
	for len(o) > 0 && len(other) > 0 {
		if o[0].first < other[0].first {
			add(o[0])
			o = o[1:]
		} else {
			add(other[0])
			other = other[1:]
		}
	}
	for _, rest := range [...]orderedIntervals{o, other} {
		for _, next := range rest {
			add(next)
		}
	}
	return merged
}

// total is the number of indexes.
func (o orderedIntervals) total() int {
	n := 0
	for _, i := range o {
		n += i.last - i.first + 1
	}
	return n
}

func (o orderedIntervals) has(index int) bool {
	for _, i := range o {
		if index <= i.last {
			return i.first <= index
		}
	}
	return false
}

func (o orderedIntervals) String() string {
	var b strings.Builder
	for _, i := range o {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(i.first))
		if i.last > i.first {
			separator := byte('-')
			if i.last == i.first+1 {
				separator = ','
			}
			b.WriteByte(separator)
			b.WriteString(strconv.Itoa(i.last))
		}
	}
	return b.String()
}

// parseIndexesFromString reads the status' notation, leaving out what is not an
// index of the Job. What can't be read is left out, too.
func parseIndexesFromString(text string, completions int) orderedIntervals {
	if text == "" {
		return nil
	}
	var list orderedIntervals
	for _, part := range strings.Split(text, ",") {
		limits := strings.Split(part, "-")
		first, err := strconv.Atoi(limits[0])
		if err != nil {
			continue
		}
		if first >= completions {
			break
		}
		next := interval{first, first}
		if len(limits) > 1 {
			if next.last, err = strconv.Atoi(limits[1]); err != nil {
				continue
			}
			next.last = min(next.last, completions-1)
		}
		if n := len(list); n > 0 && list[n-1].last == next.first-1 {
			list[n-1].last = next.last
		} else {
			list = append(list, next)
		}
	}
	return list
}
