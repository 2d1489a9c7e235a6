package deployment

import (
	"fmt"
	"strconv"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// rollback restores the template of the revision that the deprecated
// annotation asks for, 0 for the last one
// (pkg/controller/deployment/rollback.go). kubectl rollout undo doesn't use
// it: see RolloutUndo.
func (s *deploymentSync) rollback() error {
	newRS, old, err := s.getAllReplicaSetsAndSyncRevision(true)
	if err != nil {
		return err
	}
	list := all(old, newRS)
	revision := *rollbackTo(s.d)
	if revision == 0 {
		if revision = deploymentutil.LastRevision(silent, list); revision == 0 {
			s.event(v1.EventTypeWarning, deploymentutil.RollbackRevisionNotFound, "Unable to find last revision.")
			return s.clearRollbackTo()
		}
	}
	for _, rs := range list {
		if r, err := deploymentutil.Revision(rs); err == nil && r == revision {
			return s.rollbackToTemplate(rs, revision)
		}
	}
	s.event(v1.EventTypeWarning, deploymentutil.RollbackRevisionNotFound, "Unable to find the revision to rollback to.")
	return s.clearRollbackTo()
}

func (s *deploymentSync) rollbackToTemplate(rs *apps.ReplicaSet, revision int64) error {
	if deploymentutil.EqualIgnoreHash(&s.d.Spec.Template, &rs.Spec.Template) {
		s.event(v1.EventTypeWarning, deploymentutil.RollbackTemplateUnchanged,
			fmt.Sprintf("The rollback revision contains the same template as current deployment %q", s.d.Name))
		return s.clearRollbackTo()
	}
	deploymentutil.SetFromReplicaSetTemplate(s.d, *rs.Spec.Template.DeepCopy())
	// The annotations of that revision too, such as its change cause.
	deploymentutil.SetDeploymentAnnotationsTo(s.d, rs)
	if err := s.clearRollbackTo(); err != nil {
		return err
	}
	s.event(v1.EventTypeNormal, deploymentutil.RollbackDone, fmt.Sprintf("Rolled back deployment %q to revision %d",
		s.d.Name, revision))
	return nil
}

func (s *deploymentSync) clearRollbackTo() error {
	delete(s.d.Annotations, apps.DeprecatedRollbackTo)
	return s.updateDeployment()
}

// rollbackTo is the revision in the deprecated annotation, nil when there is
// none or it isn't a number.
func rollbackTo(d *apps.Deployment) *int64 {
	revision, err := strconv.ParseInt(d.Annotations[apps.DeprecatedRollbackTo], 10, 64)
	if err != nil {
		return nil
	}
	return &revision
}
