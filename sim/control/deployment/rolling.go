package deployment

import (
	"errors"
	"sort"

	apps "k8s.io/api/apps/v1"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// errInvalidScaleDown ends the step of the old ReplicaSets when one of them
// still reports more available pods than it is to have.
var errInvalidScaleDown = errors.New("more replicas available than wanted")

// rolloutRolling takes one step of a rolling update: the new ReplicaSet grows,
// or else the old ones shrink (pkg/controller/deployment/rolling.go).
func (s *deploymentSync) rolloutRolling() error {
	newRS, old, err := s.getAllReplicaSetsAndSyncRevision(true)
	if err != nil {
		return err
	}
	list := all(old, newRS)
	scaled, err := s.reconcileNewReplicaSet(list, newRS)
	if err != nil {
		return err
	}
	if !scaled {
		scaled = s.reconcileOldReplicaSets(list, controller.FilterActiveReplicaSets(old), newRS)
	}
	if !scaled && deploymentutil.DeploymentComplete(s.d, &s.d.Status) {
		if err := s.cleanupDeployment(old); err != nil {
			return err
		}
	}
	// With the ReplicaSets as they were before the step.
	return s.syncRolloutStatus(list, newRS)
}

func (s *deploymentSync) reconcileNewReplicaSet(list []*apps.ReplicaSet, newRS *apps.ReplicaSet) (bool, error) {
	current, desired := *newRS.Spec.Replicas, *s.d.Spec.Replicas
	if current == desired {
		return false, nil
	}
	size := desired
	if current < desired {
		var err error
		if size, err = deploymentutil.NewRSNewReplicas(s.d, list, newRS); err != nil {
			return false, err
		}
	}
	_, err := s.scaleReplicaSet(newRS, size, false)
	return size != current, err
}

// reconcileOldReplicaSets shrinks the old ReplicaSets by as many pods as can
// go: those that the minimum doesn't need, less those that the new ReplicaSet
// still owes. It reports whether any went. Upstream drops the errors of its
// two halves: when somebody has written an old ReplicaSet in between, the sync goes on
// to the status and ends well.
func (s *deploymentSync) reconcileOldReplicaSets(list, old []*apps.ReplicaSet, newRS *apps.ReplicaSet) bool {
	if deploymentutil.GetReplicaCountForReplicaSets(old) == 0 {
		return false
	}
	minAvailable := *s.d.Spec.Replicas - deploymentutil.MaxUnavailable(*s.d)
	newUnavailable := *newRS.Spec.Replicas - newRS.Status.AvailableReplicas
	most := deploymentutil.GetReplicaCountForReplicaSets(list) - minAvailable - newUnavailable
	if most <= 0 {
		return false
	}
	old, cleaned, err := s.cleanupUnhealthyReplicas(old, most)
	if err != nil {
		return false
	}
	down, err := s.scaleDownOldReplicaSets(all(old, newRS), old, minAvailable)
	return err == nil && cleaned+down > 0
}

// cleanupUnhealthyReplicas takes away the pods of old ReplicaSets that aren't
// available, oldest ReplicaSet first: a ReplicaSet deletes them before the
// others. It returns the ReplicaSets as they are then.
func (s *deploymentSync) cleanupUnhealthyReplicas(old []*apps.ReplicaSet, most int32) ([]*apps.ReplicaSet, int32,
	error) {
	sort.Sort(controller.ReplicaSetsByCreationTimestamp(old))
	total := int32(0)
	for i, rs := range old {
		if total >= most {
			break
		}
		unhealthy := *rs.Spec.Replicas - rs.Status.AvailableReplicas
		// Fewer than none is a status from before the last scale-down.
		if *rs.Spec.Replicas == 0 || unhealthy == 0 {
			continue
		}
		if unhealthy < 0 {
			return nil, 0, errInvalidScaleDown
		}
		n := min(most-total, unhealthy)
		next, err := s.scaleReplicaSet(rs, *rs.Spec.Replicas-n, false)
		if err != nil {
			return nil, total, err
		}
		total += n
		old[i] = next
	}
	return old, total, nil
}

// scaleDownOldReplicaSets takes away available pods beyond the minimum, oldest
// ReplicaSet first (rolling.go, scaleDownOldReplicaSetsForRollingUpdate).
func (s *deploymentSync) scaleDownOldReplicaSets(list, old []*apps.ReplicaSet, minAvailable int32) (int32, error) {
	excess := deploymentutil.GetAvailableReplicaCountForReplicaSets(list) - minAvailable
	if excess <= 0 {
		return 0, nil
	}
	sort.Sort(controller.ReplicaSetsByCreationTimestamp(old))
	total := int32(0)
	for _, rs := range old {
		if total >= excess {
			break
		}
		n := min(*rs.Spec.Replicas, excess-total)
		if n == 0 {
			continue
		}
		if _, err := s.scaleReplicaSet(rs, *rs.Spec.Replicas-n, false); err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}
