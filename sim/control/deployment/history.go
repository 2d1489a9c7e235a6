package deployment

import (
	"sort"

	apps "k8s.io/api/apps/v1"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// cleanupDeployment deletes the oldest of the old ReplicaSets beyond
// spec.revisionHistoryLimit, as far as they are empty
// (pkg/controller/deployment/sync.go).
func (s *deploymentSync) cleanupDeployment(old []*apps.ReplicaSet) error {
	if !deploymentutil.HasRevisionHistoryLimit(s.d) {
		return nil
	}
	candidates := controller.FilterReplicaSets(old, func(rs *apps.ReplicaSet) bool {
		return rs != nil && rs.DeletionTimestamp == nil
	})
	// A negative limit, which validation refuses, keeps none.
	excess := len(candidates) - max(0, int(*s.d.Spec.RevisionHistoryLimit))
	if excess <= 0 {
		return nil
	}
	sort.Sort(deploymentutil.ReplicaSetsByRevision(candidates))
	for _, rs := range candidates[:excess] {
		if rs.Status.Replicas == 0 && *rs.Spec.Replicas == 0 && rs.Generation <= rs.Status.ObservedGeneration {
			if err := s.write(DeleteReplicaSet{ReplicaSet: rs}); err != nil {
				return err
			}
		}
	}
	return nil
}
