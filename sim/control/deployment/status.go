package deployment

import (
	"reflect"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/kubernetes/pkg/features"
)

// checkPausedConditions says in the condition Progressing that a Deployment
// was paused or resumed, so that the time in between doesn't count towards its
// deadline (pkg/controller/deployment/sync.go).
func (s *deploymentSync) checkPausedConditions() error {
	d := s.d
	if !deploymentutil.HasProgressDeadline(d) {
		return nil
	}
	cond := deploymentutil.GetDeploymentCondition(d.Status, apps.DeploymentProgressing)
	if cond != nil && cond.Reason == deploymentutil.TimedOutReason {
		return nil
	}
	said := cond != nil && cond.Reason == deploymentutil.PausedDeployReason
	switch {
	case d.Spec.Paused && !said:
		s.setCondition(&d.Status, apps.DeploymentProgressing, v1.ConditionUnknown, deploymentutil.PausedDeployReason,
			"Deployment is paused")
	case !d.Spec.Paused && said:
		s.setCondition(&d.Status, apps.DeploymentProgressing, v1.ConditionUnknown, deploymentutil.ResumedDeployReason,
			"Deployment is resumed")
	default:
		return nil
	}
	return s.updateStatus()
}

// syncDeploymentStatus writes the status if it changed, without a judgement of
// progress.
func (s *deploymentSync) syncDeploymentStatus(list []*apps.ReplicaSet, newRS *apps.ReplicaSet) error {
	status := s.calculateStatus(list, newRS)
	if reflect.DeepEqual(s.d.Status, status) {
		return nil
	}
	s.d.Status = status
	return s.updateStatus()
}

// calculateStatus adds up the ReplicaSets (sync.go).
func (s *deploymentSync) calculateStatus(list []*apps.ReplicaSet, newRS *apps.ReplicaSet) apps.DeploymentStatus {
	d := s.d
	available := deploymentutil.GetAvailableReplicaCountForReplicaSets(list)
	status := apps.DeploymentStatus{
		ObservedGeneration: d.Generation,
		Replicas:           deploymentutil.GetActualReplicaCountForReplicaSets(list),
		UpdatedReplicas:    deploymentutil.GetActualReplicaCountForReplicaSets([]*apps.ReplicaSet{newRS}),
		ReadyReplicas:      deploymentutil.GetReadyReplicaCountForReplicaSets(list),
		AvailableReplicas:  available,
		// While shrinking, more are available than wanted.
		UnavailableReplicas: max(0, deploymentutil.GetReplicaCountForReplicaSets(list)-available),
		CollisionCount:      d.Status.CollisionCount,
		Conditions:          append([]apps.DeploymentCondition(nil), d.Status.Conditions...),
	}
	if utilfeature.DefaultFeatureGate.Enabled(features.DeploymentReplicaSetTerminatingReplicas) {
		status.TerminatingReplicas = deploymentutil.GetTerminatingReplicaCountForReplicaSets(list)
	}
	if available >= *d.Spec.Replicas-deploymentutil.MaxUnavailable(*d) {
		s.setCondition(&status, apps.DeploymentAvailable, v1.ConditionTrue, deploymentutil.MinimumReplicasAvailable,
			"Deployment has minimum availability.")
	} else {
		s.setCondition(&status, apps.DeploymentAvailable, v1.ConditionFalse, deploymentutil.MinimumReplicasUnavailable,
			"Deployment does not have minimum availability.")
	}
	return status
}

// setCondition is SetDeploymentCondition with a condition of now.
func (s *deploymentSync) setCondition(status *apps.DeploymentStatus, t apps.DeploymentConditionType,
	value v1.ConditionStatus, reason, message string) {
	deploymentutil.SetDeploymentCondition(status, s.condition(t, value, reason, message))
}

func (s *deploymentSync) condition(t apps.DeploymentConditionType, value v1.ConditionStatus, reason,
	message string) apps.DeploymentCondition {
	now := metav1.NewTime(s.now.Truncate(time.Second))
	return apps.DeploymentCondition{Type: t, Status: value, LastUpdateTime: now, LastTransitionTime: now, Reason: reason,
		Message: message}
}
