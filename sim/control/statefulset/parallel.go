package statefulset

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"
	"k8s.io/utils/ptr"
)

// parallelSync is one sync with the policy Parallel. Upstream handles pods in
// batches of 1, 2, 4, 8 … goroutines, here they come one after the other: by
// ordinal, and condemned ones against it.
type parallelSync struct {
	view      *View
	set       *apps.StatefulSet
	now       time.Time
	writes    *recorder
	pods      *upstream.StatefulPodControl
	current   *apps.ControllerRevision
	update    *apps.ControllerRevision
	replicas  []*v1.Pod // by ordinal from the first; yet to be created ones have no phase
	condemned []*v1.Pod
}

// parallel lets upstream decide on revisions, status and history, which it does
// alone for a StatefulSet under deletion, and walks over the pods itself
// (stateful_set_control.go, updateStatefulSet).
func parallel(v *View, now time.Time) ([]Action, *apps.StatefulSetStatus, error) {
	asDeleted := *v
	asDeleted.StatefulSet = v.StatefulSet.DeepCopy()
	asDeleted.StatefulSet.DeletionTimestamp = ptr.To(metav1.NewTime(now))
	frame, status, err := ordered(&asDeleted, now)
	if err != nil {
		return nil, nil, err
	}
	writes := &recorder{view: v}
	s := &parallelSync{
		view: v, set: v.StatefulSet, now: now, writes: writes,
		pods: writes.pods(),
	}
	s.revise(frame, status)
	if err := s.partition(); err != nil {
		return nil, nil, err
	}
	deleted, err := s.walk()
	if err != nil {
		return nil, nil, err
	}
	if !s.complete(status) { // where upstream sets it anew, after the deletions
		status.CurrentReplicas -= deleted
	}
	return s.assemble(frame, status), status, nil
}

// revise finds the revisions between which the pods are, among those of the
// view and those that this sync writes.
func (s *parallelSync) revise(frame []Action, status *apps.StatefulSetStatus) {
	revisions := slices.Clone(s.view.Revisions)
	for _, a := range frame {
		if a, ok := a.(CreateRevision); ok {
			revisions = append(revisions, a.Revision)
		}
	}
	named := func(name string) *apps.ControllerRevision {
		i := slices.IndexFunc(revisions, func(r *apps.ControllerRevision) bool { return r.Name == name })
		if i < 0 {
			return nil
		}
		return revisions[i]
	}
	s.update = named(status.UpdateRevision)
	s.current = cmp.Or(named(s.set.Status.CurrentRevision), s.update)
}

// partition tells pods with an ordinal in range from condemned ones.
func (s *parallelSync) partition() error {
	first := start(s.set)
	s.replicas = make([]*v1.Pod, *s.set.Spec.Replicas)
	for _, pod := range s.view.Pods {
		if i := ordinalOf(s.set, pod) - first; i >= 0 && i < len(s.replicas) {
			s.replicas[i] = pod
		} else {
			s.condemned = append(s.condemned, pod)
		}
	}
	slices.SortFunc(s.condemned, func(a, b *v1.Pod) int { return ordinalOf(s.set, b) - ordinalOf(s.set, a) })
	return s.fill()
}

// walk handles all pods and returns how many it deleted for an update.
func (s *parallelSync) walk() (int32, error) {
	for _, pod := range s.replicas {
		if err := s.processReplica(pod); err != nil {
			return 0, err
		}
	}
	for _, pod := range s.condemned {
		match, err := s.pods.ClaimsMatchRetentionPolicy(quiet, s.set, pod)
		if err == nil && !match {
			err = s.pods.UpdatePodClaimForRetentionPolicy(quiet, s.set, pod)
		}
		if err != nil {
			return 0, err
		}
	}
	for _, pod := range s.condemned {
		if !terminating(pod) {
			if err := s.pods.DeleteStatefulPod(s.set, pod); err != nil {
				return 0, err
			}
		}
	}
	if s.set.Spec.UpdateStrategy.Type == apps.OnDeleteStatefulSetStrategyType {
		return 0, nil
	}
	return s.deleteOutdated()
}

// processReplica replaces a pod that has ended, creates one that is missing and
// mends one that isn't as it should.
func (s *parallelSync) processReplica(pod *v1.Pod) error {
	switch pod.Status.Phase {
	case v1.PodFailed, v1.PodSucceeded:
		if terminating(pod) {
			return nil
		}
		return s.pods.DeleteStatefulPod(s.set, pod)
	case "":
		if stale, err := s.pods.PodClaimIsStale(s.set, pod); err != nil || stale {
			return err
		}
		if err := s.pods.CreateStatefulPod(quiet, s.set, pod); err != nil {
			return err
		}
	case v1.PodPending:
		if err := s.createMissingClaims(pod); err != nil {
			return err
		}
	}
	return s.pods.UpdateStatefulPod(quiet, s.set, pod.DeepCopy())
}

// createMissingClaims is what CreateStatefulPod does besides the pod.
func (s *parallelSync) createMissingClaims(pod *v1.Pod) error {
	r := &recorder{view: s.view}
	if err := r.pods().CreateStatefulPod(quiet, s.set, pod); err != nil {
		return err
	}
	created := slices.IndexFunc(r.actions, func(a Action) bool { _, ok := a.(CreatePod); return ok })
	last := len(r.actions) - 1 // the event about the pod
	s.writes.actions = append(s.writes.actions, r.actions[:created]...)
	s.writes.actions = append(s.writes.actions, r.actions[created+1:last]...)
	return nil
}

// deleteOutdated deletes pods of other revisions for an update: first all that
// aren't available anyway, then available ones as far as maxUnavailable allows
// (updateStatefulSetAfterInvariantEstablished).
func (s *parallelSync) deleteOutdated() (int32, error) {
	partition, budget := 0, 1
	if r := s.set.Spec.UpdateStrategy.RollingUpdate; r != nil {
		partition = int(*r.Partition)
		n, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(r.MaxUnavailable, intstr.FromInt32(1)),
			len(s.replicas), false)
		if err != nil {
			return 0, err
		}
		budget = max(1, n)
	}
	outdated := func(pod *v1.Pod) bool { return revisionOf(pod) != s.update.Name && !terminating(pod) }
	for _, pod := range s.replicas {
		if terminating(pod) || !s.available(pod) {
			budget--
		}
	}
	var doomed []*v1.Pod
	for i := len(s.replicas) - 1; i >= partition; i-- {
		if pod := s.replicas[i]; outdated(pod) && !s.available(pod) {
			doomed = append(doomed, pod)
		}
	}
	for i := len(s.replicas) - 1; i >= partition && budget > 0; i-- {
		if pod := s.replicas[i]; outdated(pod) && s.available(pod) {
			doomed = append(doomed, pod)
			budget--
		}
	}
	for _, pod := range doomed {
		if err := s.pods.DeleteStatefulPod(s.set, pod); err != nil {
			return 0, err
		}
	}
	return int32(len(doomed)), nil
}

func (s *parallelSync) available(pod *v1.Pod) bool {
	return podutil.IsPodAvailable(pod, s.set.Spec.MinReadySeconds, metav1.NewTime(s.now))
}

// complete is whether every replica is of the update revision and ready
// (stateful_set_utils.go, completeUpdate).
func (s *parallelSync) complete(status *apps.StatefulSetStatus) bool {
	n := *s.set.Spec.Replicas
	return status.UpdatedReplicas == n && status.ReadyReplicas == n && status.Replicas == n
}

// assemble puts the writes of pods between those of the revisions and that of
// the status.
func (s *parallelSync) assemble(frame []Action, status *apps.StatefulSetStatus) []Action {
	var before, after []Action
	for _, a := range frame {
		switch a.(type) {
		case UpdateStatus:
		case DeleteRevision:
			after = append(after, a)
		default:
			before = append(before, a)
		}
	}
	actions := append(before, s.writes.actions...)
	if changed(&s.set.Status, status) {
		actions = append(actions, UpdateStatus{s.set, *status})
	}
	return append(actions, after...)
}

// changed is whether a status is worth a write (stateful_set_utils.go,
// inconsistentStatus): the number of collisions alone isn't.
func changed(old, status *apps.StatefulSetStatus) bool {
	if status.ObservedGeneration > old.ObservedGeneration {
		return true
	}
	a, b := *old, *status
	a.ObservedGeneration, a.CollisionCount = b.ObservedGeneration, b.CollisionCount
	return !reflect.DeepEqual(a, b)
}
