package deployment

import (
	"fmt"
	"sort"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// syncStatusOnly is all that a Deployment under deletion gets
// (pkg/controller/deployment/sync.go).
func (s *deploymentSync) syncStatusOnly() error {
	newRS, old, err := s.getAllReplicaSetsAndSyncRevision(false)
	if err != nil {
		return err
	}
	return s.syncDeploymentStatus(all(old, newRS), newRS)
}

// syncScale handles a new spec.replicas and a paused Deployment (sync.go,
// sync).
func (s *deploymentSync) syncScale() error {
	newRS, old, err := s.getAllReplicaSetsAndSyncRevision(false)
	if err != nil {
		return err
	}
	if err := s.scale(newRS, old); err != nil {
		return err
	}
	if s.d.Spec.Paused && rollbackTo(s.d) == nil {
		if err := s.cleanupDeployment(old); err != nil {
			return err
		}
	}
	return s.syncDeploymentStatus(all(old, newRS), newRS)
}

// isScalingEvent is whether spec.replicas differs from what an active
// ReplicaSet was last sized for.
func (s *deploymentSync) isScalingEvent() (bool, error) {
	newRS, old, err := s.getAllReplicaSetsAndSyncRevision(false)
	if err != nil {
		return false, err
	}
	for _, rs := range controller.FilterActiveReplicaSets(all(old, newRS)) {
		desired, ok := deploymentutil.GetDesiredReplicasAnnotation(silent, rs)
		if ok && desired != *s.d.Spec.Replicas {
			return true, nil
		}
	}
	return false, nil
}

// scale gives the only active ReplicaSet the new size, or each of several its
// proportion of it.
func (s *deploymentSync) scale(newRS *apps.ReplicaSet, old []*apps.ReplicaSet) error {
	d := s.d
	if rs := deploymentutil.FindActiveOrLatest(newRS, old); rs != nil {
		_, err := s.scaleReplicaSet(rs, *d.Spec.Replicas, false)
		return err
	}
	if deploymentutil.IsSaturated(d, newRS) {
		for _, rs := range controller.FilterActiveReplicaSets(old) {
			if _, err := s.scaleReplicaSet(rs, 0, false); err != nil {
				return err
			}
		}
		return nil
	}
	if !deploymentutil.IsRollingUpdate(d) {
		return nil
	}
	active, sizes := s.proportions(controller.FilterActiveReplicaSets(all(old, newRS)))
	for i, rs := range active {
		if _, err := s.scaleReplicaSet(rs, sizes[i], true); err != nil {
			return err
		}
	}
	return nil
}

// proportions returns the ReplicaSets from large to small and the size of
// each, surge included. What rounding leaves over goes to the largest.
func (s *deploymentSync) proportions(active []*apps.ReplicaSet) ([]*apps.ReplicaSet, []int32) {
	d := s.d
	allowed := int32(0)
	if *d.Spec.Replicas > 0 {
		allowed = *d.Spec.Replicas + deploymentutil.MaxSurge(*d)
	}
	toAdd := allowed - deploymentutil.GetReplicaCountForReplicaSets(active)
	// Of two of one size, the newer grows first and the older shrinks first.
	switch {
	case toAdd > 0:
		sort.Sort(controller.ReplicaSetsBySizeNewer(active))
	case toAdd < 0:
		sort.Sort(controller.ReplicaSetsBySizeOlder(active))
	}
	sizes := make([]int32, len(active))
	added := int32(0)
	for i, rs := range active {
		sizes[i] = *rs.Spec.Replicas
		if toAdd != 0 {
			proportion := deploymentutil.GetReplicaSetProportion(silent, rs, *d, toAdd, added)
			sizes[i] += proportion
			added += proportion
		}
	}
	if len(active) > 0 && toAdd != 0 {
		sizes[0] = max(0, sizes[0]+toAdd-added)
	}
	return active, sizes
}

// scaleReplicaSet sets spec.replicas and the annotations that go with it. When
// forced it does so for the annotations alone. It returns the ReplicaSet as
// written, or rs itself when there was nothing to write.
func (s *deploymentSync) scaleReplicaSet(rs *apps.ReplicaSet, size int32, force bool) (*apps.ReplicaSet, error) {
	from := *rs.Spec.Replicas
	if !force && from == size {
		return rs, nil
	}
	desired := *s.d.Spec.Replicas
	limit := desired + deploymentutil.MaxSurge(*s.d)
	if from == size && !deploymentutil.ReplicasAnnotationsNeedUpdate(rs, desired, limit) {
		return rs, nil
	}
	next := rs.DeepCopy()
	*next.Spec.Replicas = size
	deploymentutil.SetReplicasAnnotations(next, desired, limit)
	if err := s.updateReplicaSet(rs, next); err != nil {
		return rs, err
	}
	direction := "down"
	if from < size {
		direction = "up"
	}
	if from != size {
		s.event(v1.EventTypeNormal, "ScalingReplicaSet", fmt.Sprintf("Scaled %s replica set %s from %d to %d", direction,
			rs.Name, from, size))
	}
	return next, nil
}
