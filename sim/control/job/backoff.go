package job

import (
	"cmp"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/utils/ptr"
)

// Back-off before a failed pod is replaced (job_controller.go).
const (
	podFailureBackOff    = 10 * time.Second // DefaultJobPodFailureBackOff
	maxPodFailureBackOff = 10 * time.Minute // MaxJobPodFailureBackOff
)

// after is the record with the pods that have ended since (backoff_utils.go,
// newBackoffRecord): a good pod ends the series of failures before it.
func (b Backoff) after(succeeded, failed []*v1.Pod) Backoff {
	if len(succeeded) == 0 && len(failed) == 0 {
		return b
	}
	if len(succeeded) == 0 {
		last := slices.MaxFunc(failed, byFinishedTime)
		return Backoff{b.FailuresAfterLastSuccess + int32(len(failed)), getFinishedTime(last)}
	}
	success := getFinishedTime(slices.MaxFunc(succeeded, byFinishedTime))
	next := Backoff{}
	for _, p := range failed {
		if at := getFinishedTime(p); at.After(success) {
			next.FailuresAfterLastSuccess++
			if at.After(next.LastFailure) {
				next.LastFailure = at
			}
		}
	}
	return next
}

func byFinishedTime(a, b *v1.Pod) int {
	return cmp.Compare(getFinishedTime(a).UnixNano(), getFinishedTime(b).UnixNano())
}

// remainingTime is how long to wait after so many failures, of which the last
// was at some time (getRemainingTimeForFailuresCount).
func remainingTime(now time.Time, failures int32, last time.Time) time.Duration {
	if failures == 0 {
		return 0
	}
	backoff := podFailureBackOff
	for i := int32(1); i < failures && backoff < maxPodFailureBackOff; i++ {
		backoff = min(2*backoff, maxPodFailureBackOff)
	}
	return max(0, backoff-now.Sub(last))
}

// getFinishedTime is when a pod has ended: its last container, else when it
// ceased to be Ready, else when it was deleted, else its creation.
func getFinishedTime(p *v1.Pod) time.Time {
	if at := finishTimeFromContainers(p); at != nil {
		return *at
	}
	if _, c := podutil.GetPodCondition(&p.Status, v1.PodReady); c != nil && c.Status == v1.ConditionFalse &&
		!c.LastTransitionTime.IsZero() {
		return c.LastTransitionTime.Time
	}
	if p.DeletionTimestamp != nil {
		return p.DeletionTimestamp.Add(-time.Duration(ptr.Deref(p.DeletionGracePeriodSeconds, 0)) * time.Second)
	}
	return p.CreationTimestamp.Time
}

// finishTimeFromContainers is the end of the last container or sidecar. As
// upstream does, it forgets the containers when the sidecars are looked at and
// one of them has not ended.
func finishTimeFromContainers(p *v1.Pod) *time.Time {
	sidecar := map[string]bool{}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		sidecar[c.Name] = podutil.IsRestartableInitContainer(c)
	}
	last := latestFinishTime(nil, p.Status.ContainerStatuses, func(string) bool { return true })
	return latestFinishTime(last, p.Status.InitContainerStatuses, func(name string) bool { return sidecar[name] })
}

func latestFinishTime(last *time.Time, list []v1.ContainerStatus, counts func(name string) bool) *time.Time {
	for i := range list {
		if !counts(list[i].Name) {
			continue
		}
		ended := list[i].State.Terminated
		if ended == nil || ended.FinishedAt.IsZero() {
			return nil
		}
		if last == nil || last.Before(ended.FinishedAt.Time) {
			last = &ended.FinishedAt.Time
		}
	}
	return last
}
