package daemonset

import (
	"slices"
	"time"

	apps "k8s.io/api/apps/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// updateStatus writes the status as it was before this sync's writes of pods
// (daemon_controller.go, updateDaemonSetStatus and storeDaemonSetStatus).
func (s *daemonSync) updateStatus() {
	old := s.ds.Status
	status := *old.DeepCopy()
	status.DesiredNumberScheduled, status.CurrentNumberScheduled, status.NumberMisscheduled = 0, 0, 0
	status.NumberReady, status.UpdatedNumberScheduled, status.NumberAvailable = 0, 0, 0
	for i := range s.nodes {
		n := &s.nodes[i]
		scheduled := len(n.pods) > 0
		switch {
		case n.shouldRun && scheduled:
			status.DesiredNumberScheduled++
			status.CurrentNumberScheduled++
			pod := slices.MinFunc(n.pods, byCreationTimestampAndPhase)
			if podutil.IsPodReady(pod) {
				status.NumberReady++
				if s.available(pod) {
					status.NumberAvailable++
				}
			}
			if s.updated(pod) {
				status.UpdatedNumberScheduled++
			}
		case n.shouldRun:
			status.DesiredNumberScheduled++
		case scheduled:
			status.NumberMisscheduled++
		}
	}
	status.NumberUnavailable = status.DesiredNumberScheduled - status.NumberAvailable
	if counts(&status) != counts(&old) || old.ObservedGeneration < s.ds.Generation {
		status.ObservedGeneration = s.ds.Generation
		s.do(UpdateStatus{s.ds, status})
	}
	if minReady := s.ds.Spec.MinReadySeconds; minReady > 0 && status.NumberReady != status.NumberAvailable {
		s.do(RequeueAfter{After: time.Duration(minReady) * time.Second})
	}
}

// counts are what the controller compares to decide whether to write.
func counts(s *apps.DaemonSetStatus) [7]int32 {
	return [...]int32{
		s.DesiredNumberScheduled, s.CurrentNumberScheduled, s.NumberMisscheduled, s.NumberReady,
		s.UpdatedNumberScheduled, s.NumberAvailable, s.NumberUnavailable,
	}
}

// AfterReady is when to sync again after a pod of the DaemonSet got ready, 0
// for not: a second after it is available (daemon_controller.go, updatePod).
// With maxSurge nothing else tells that a new pod is available.
func AfterReady(minReadySeconds int32) time.Duration {
	if minReadySeconds <= 0 {
		return 0
	}
	return time.Duration(minReadySeconds)*time.Second + time.Second
}
