package hpa

import (
	"time"

	v1 "k8s.io/api/core/v1"
)

// Repeats reports whether a sync at a later time decides as the last one did when all
// that it looks at is as it was then: it does unless the time that has passed counts
// by itself. That it does for pods that start, for recommendations that leave the
// window, and for the policies of a scale under way. The caller asks Starting about the
// pods, once for all syncs that may repeat the last one.
//
// The sync has then taken place: the state holds its recommendation.
func (s *State) Repeats(cfg Config, v *View, last *Decision, now time.Time) bool {
	if last.Err != nil || last.Rescale || len(last.Events) > 0 || len(last.Proposals) == 0 {
		return false
	}
	behavior := v.HPA.Spec.Behavior
	if behavior != nil && last.Stabilized != last.Current {
		return false
	}
	for _, r := range s.recommendations {
		if r.replicas != last.Recommended {
			return false
		}
	}
	again := sync{cfg: cfg, state: s, view: v, now: now, hpa: v.HPA, Decision: Decision{Current: last.Current}}
	if behavior == nil {
		again.stabilize(last.Recommended)
	} else {
		again.stabilizeWithBehavior(last.Recommended)
	}
	return true
}

// Starting reports whether it depends on the time how the CPU use of a pod counts, see
// warming.
func Starting(cfg Config, pods []*v1.Pod, at time.Time) bool {
	for _, pod := range pods {
		if start := pod.Status.StartTime; start != nil && start.Add(cfg.CPUInitializationPeriod).After(at) {
			return true
		}
	}
	return false
}
