package deployment

import (
	"fmt"
	"strconv"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	labelsutil "k8s.io/kubernetes/pkg/util/labels"
)

// maxRevHistoryLengthInChars limits the annotation with the revisions that a
// ReplicaSet has had before (pkg/controller/deployment/sync.go).
const maxRevHistoryLengthInChars = 2000

// getAllReplicaSetsAndSyncRevision finds the new and the old ReplicaSets,
// brings the revision annotations up to date and creates the new one if asked
// to (sync.go). The new one is nil when there is none. Upstream compares the
// templates again each time; they don't change within a sync but by a rollback,
// which ends it.
func (s *deploymentSync) getAllReplicaSetsAndSyncRevision(create bool) (*apps.ReplicaSet, []*apps.ReplicaSet, error) {
	var old []*apps.ReplicaSet
	for _, rs := range s.list {
		if rs != s.current {
			old = append(old, rs)
		}
	}
	newRS, err := s.getNewReplicaSet(old, create)
	if err != nil {
		return nil, nil, err
	}
	return newRS, old, nil
}

func (s *deploymentSync) getNewReplicaSet(old []*apps.ReplicaSet, create bool) (*apps.ReplicaSet, error) {
	revision := strconv.FormatInt(deploymentutil.MaxRevision(silent, old)+1, 10)
	switch {
	case s.current != nil:
		return s.syncNewReplicaSet(s.current, revision)
	case create:
		return s.createNewReplicaSet(old, revision)
	}
	return nil, nil
}

// syncNewReplicaSet copies the Deployment's annotations and minReadySeconds to
// its new ReplicaSet, and the revision the other way.
func (s *deploymentSync) syncNewReplicaSet(existing *apps.ReplicaSet, revision string) (*apps.ReplicaSet, error) {
	d, rs := s.d, existing.DeepCopy()
	changed := deploymentutil.SetNewReplicaSetAnnotations(s.ctx, d, rs, revision, true, maxRevHistoryLengthInChars)
	if changed || rs.Spec.MinReadySeconds != d.Spec.MinReadySeconds {
		rs.Spec.MinReadySeconds = d.Spec.MinReadySeconds
		return rs, s.updateReplicaSet(existing, rs)
	}
	needsUpdate := deploymentutil.SetDeploymentRevision(d, rs.Annotations[deploymentutil.RevisionAnnotation])
	if deploymentutil.HasProgressDeadline(d) && deploymentutil.GetDeploymentCondition(d.Status,
		apps.DeploymentProgressing) == nil {
		message := fmt.Sprintf("Found new replica set %q", rs.Name)
		s.setCondition(&d.Status, apps.DeploymentProgressing, v1.ConditionTrue, deploymentutil.FoundNewRSReason, message)
		needsUpdate = true
	}
	if needsUpdate {
		if err := s.updateStatus(); err != nil {
			return nil, err
		}
	}
	return rs, nil
}

func (s *deploymentSync) createNewReplicaSet(old []*apps.ReplicaSet, revision string) (*apps.ReplicaSet, error) {
	d := s.d
	rs, err := s.newReplicaSet(old, revision)
	if err != nil {
		return nil, err
	}
	if s.nameTaken(rs.Name) {
		// Its owner is this Deployment and its template another one, or it would
		// have been found: two templates have one hash.
		s.collide()
		return nil, errRefused
	}
	create := s.writes
	if err := s.write(CreateReplicaSet{ReplicaSet: rs}); err != nil {
		s.failToCreate(rs, s.refused[create])
		return nil, err
	}
	if n := *rs.Spec.Replicas; n > 0 {
		s.event(v1.EventTypeNormal, "ScalingReplicaSet", fmt.Sprintf("Scaled up replica set %s from 0 to %d", rs.Name, n))
	}
	needsUpdate := deploymentutil.SetDeploymentRevision(d, revision)
	if deploymentutil.HasProgressDeadline(d) {
		message := fmt.Sprintf("Created new replica set %q", rs.Name)
		s.setCondition(&d.Status, apps.DeploymentProgressing, v1.ConditionTrue, deploymentutil.NewReplicaSetReason, message)
		needsUpdate = true
	}
	if needsUpdate {
		err = s.updateStatus()
	}
	return rs, err
}

// collide gives the next attempt another name. Upstream does not look at the answer.
func (s *deploymentSync) collide() {
	count := int32(1)
	if old := s.d.Status.CollisionCount; old != nil {
		count += *old
	}
	s.d.Status.CollisionCount = &count
	_ = s.updateStatus()
}

// failToCreate tells that the API server does not take the new ReplicaSet. A name that
// is taken belongs to another, such as a Deployment that was deleted just before.
// Upstream does not look at the answer to its status.
func (s *deploymentSync) failToCreate(rs *apps.ReplicaSet, answer error) {
	if apierrors.IsAlreadyExists(answer) {
		s.collide()
		return
	}
	message := fmt.Sprintf("Failed to create new replica set %q: %v", rs.Name, answer)
	if d := s.d; deploymentutil.HasProgressDeadline(d) {
		reason := deploymentutil.FailedRSCreateReason
		s.setCondition(&d.Status, apps.DeploymentProgressing, v1.ConditionFalse, reason, message)
		_ = s.updateStatus()
	}
	s.event(v1.EventTypeWarning, deploymentutil.FailedRSCreateReason, message)
}

// newReplicaSet is the ReplicaSet of the Deployment's template, as large as
// the strategy lets it be beside the old ones.
func (s *deploymentSync) newReplicaSet(old []*apps.ReplicaSet, revision string) (*apps.ReplicaSet, error) {
	d := s.d
	template := *d.Spec.Template.DeepCopy()
	hash := controller.ComputeHash(&template, d.Status.CollisionCount)
	template.Labels = labelsutil.CloneAndAddLabel(d.Spec.Template.Labels, apps.DefaultDeploymentUniqueLabelKey, hash)
	rs := &apps.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:            replicaSetName(d.Name, hash),
			Namespace:       d.Namespace,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(d, kind)},
			Labels:          labelsutil.CloneAndAddLabel(d.Spec.Template.Labels, apps.DefaultDeploymentUniqueLabelKey, hash),
		},
		Spec: apps.ReplicaSetSpec{
			Replicas:        new(int32),
			MinReadySeconds: d.Spec.MinReadySeconds,
			Selector:        labelsutil.CloneSelectorAndAddLabel(d.Spec.Selector, apps.DefaultDeploymentUniqueLabelKey, hash),
			Template:        template,
		},
	}
	replicas, err := deploymentutil.NewRSNewReplicas(d, all(old, rs), rs)
	if err != nil {
		return nil, err
	}
	rs.Spec.Replicas = &replicas
	deploymentutil.SetNewReplicaSetAnnotations(s.ctx, d, rs, revision, false, maxRevHistoryLengthInChars)
	return rs, nil
}

func (s *deploymentSync) nameTaken(name string) bool {
	for _, rs := range s.list {
		if rs.Name == name {
			return true
		}
	}
	return false
}

// replicaSetName joins name and hash, the name cut to what the API server
// accepts (sync.go, generateReplicaSetName).
func replicaSetName(deployment, hash string) string {
	limit := validation.DNS1123SubdomainMaxLength - len("-") - len(hash)
	if len(deployment) > limit && limit > 0 {
		deployment = deployment[:limit]
	}
	return deployment + "-" + hash
}

// all are the old ReplicaSets and the new one, in a list of its own.
func all(old []*apps.ReplicaSet, newRS *apps.ReplicaSet) []*apps.ReplicaSet {
	return append(append(make([]*apps.ReplicaSet, 0, len(old)+1), old...), newRS)
}
