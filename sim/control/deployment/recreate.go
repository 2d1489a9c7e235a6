package deployment

import (
	apps "k8s.io/api/apps/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// rolloutRecreate takes one step of the strategy Recreate: old ReplicaSets to
// zero, then nothing until their last pod has stopped, then the new one at full
// size (pkg/controller/deployment/recreate.go).
func (s *deploymentSync) rolloutRecreate() error {
	newRS, old, err := s.getAllReplicaSetsAndSyncRevision(false)
	if err != nil {
		return err
	}
	list := all(old, newRS)
	active := controller.FilterActiveReplicaSets(old)
	for _, rs := range active {
		if _, err := s.scaleReplicaSet(rs, 0, false); err != nil {
			return err
		}
	}
	if len(active) > 0 || s.oldPodsRunning(newRS, old) {
		return s.syncRolloutStatus(list, newRS)
	}
	if newRS == nil {
		if newRS, old, err = s.getAllReplicaSetsAndSyncRevision(true); err != nil {
			return err
		}
		list = all(old, newRS)
	}
	if _, err := s.scaleReplicaSet(newRS, *s.d.Spec.Replicas, false); err != nil {
		return err
	}
	if deploymentutil.DeploymentComplete(s.d, &s.d.Status) {
		if err := s.cleanupDeployment(old); err != nil {
			return err
		}
	}
	return s.syncRolloutStatus(list, newRS)
}

// oldPodsRunning is whether an old ReplicaSet reports pods or has one that
// hasn't ended, be it terminating.
func (s *deploymentSync) oldPodsRunning(newRS *apps.ReplicaSet, old []*apps.ReplicaSet) bool {
	if deploymentutil.GetActualReplicaCountForReplicaSets(old) > 0 {
		return true
	}
	for _, rs := range s.list {
		if newRS != nil && newRS.UID == rs.UID {
			continue
		}
		for _, pod := range s.pods[rs.UID] {
			if !podutil.IsPodTerminal(pod) {
				return true
			}
		}
	}
	return false
}
