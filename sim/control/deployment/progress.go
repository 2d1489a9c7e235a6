package deployment

import (
	"fmt"
	"reflect"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// syncRolloutStatus writes the status if it changed, with a judgement of the
// rollout's progress; otherwise it asks for a sync at the deadline
// (pkg/controller/deployment/progress.go).
func (s *deploymentSync) syncRolloutStatus(list []*apps.ReplicaSet, newRS *apps.ReplicaSet) error {
	d := s.d
	status := s.calculateStatus(list, newRS)
	if !deploymentutil.HasProgressDeadline(d) {
		deploymentutil.RemoveDeploymentCondition(&status, apps.DeploymentProgressing)
	}
	current := deploymentutil.GetDeploymentCondition(d.Status, apps.DeploymentProgressing)
	// Once complete, a rollout isn't judged again: pods that fail later are no
	// lack of its progress.
	complete := status.Replicas == status.UpdatedReplicas && current != nil &&
		current.Reason == deploymentutil.NewRSAvailableReason
	if deploymentutil.HasProgressDeadline(d) && !complete {
		s.judgeProgress(&status, current, newRS)
	}
	if failures := replicaFailures(list, newRS); len(failures) > 0 {
		deploymentutil.SetDeploymentCondition(&status, failures[0])
	} else {
		deploymentutil.RemoveDeploymentCondition(&status, apps.DeploymentReplicaFailure)
	}
	if reflect.DeepEqual(d.Status, status) {
		s.requeueStuckDeployment(status)
		return nil
	}
	d.Status = status
	return s.updateStatus()
}

// judgeProgress sets the condition Progressing of a rollout that is complete,
// moved on since the last status, or is past its deadline.
func (s *deploymentSync) judgeProgress(status *apps.DeploymentStatus, current *apps.DeploymentCondition,
	newRS *apps.ReplicaSet) {
	d := s.d
	subject := fmt.Sprintf("Deployment %q", d.Name)
	if newRS != nil {
		subject = fmt.Sprintf("ReplicaSet %q", newRS.Name)
	}
	switch {
	case deploymentutil.DeploymentComplete(d, status):
		s.setCondition(status, apps.DeploymentProgressing, v1.ConditionTrue, deploymentutil.NewRSAvailableReason,
			subject+" has successfully progressed.")
	case deploymentutil.DeploymentProgressing(d, status):
		// Replaced even when the reason stays: its lastUpdateTime is where the
		// deadline counts from.
		cond := s.condition(apps.DeploymentProgressing, v1.ConditionTrue, deploymentutil.ReplicaSetUpdatedReason,
			subject+" is progressing.")
		if current != nil {
			if current.Status == v1.ConditionTrue {
				cond.LastTransitionTime = current.LastTransitionTime
			}
			deploymentutil.RemoveDeploymentCondition(status, apps.DeploymentProgressing)
		}
		deploymentutil.SetDeploymentCondition(status, cond)
	case s.timedOut(status):
		s.setCondition(status, apps.DeploymentProgressing, v1.ConditionFalse, deploymentutil.TimedOutReason,
			subject+" has timed out progressing.")
	}
}

// timedOut is whether the last progress is longer ago than the deadline
// (deployment/util/deployment_util.go, DeploymentTimedOut).
func (s *deploymentSync) timedOut(status *apps.DeploymentStatus) bool {
	cond := deploymentutil.GetDeploymentCondition(*status, apps.DeploymentProgressing)
	switch {
	case cond == nil || cond.Reason == deploymentutil.NewRSAvailableReason:
		// The view doesn't show the new rollout's own condition yet.
		return false
	case cond.Reason == deploymentutil.TimedOutReason:
		return true
	}
	return s.deadline(cond).Before(s.now)
}

func (s *deploymentSync) deadline(cond *apps.DeploymentCondition) time.Time {
	return cond.LastUpdateTime.Add(time.Duration(*s.d.Spec.ProgressDeadlineSeconds) * time.Second)
}

// retryDelay is when a sync is tried again (AddRateLimited on
// workqueue.DefaultTypedControllerRateLimiter, the first time).
const retryDelay = 5 * time.Millisecond

// requeueStuckDeployment asks for a sync a second after the deadline, or, with
// less than a second to go, at the first retry past it: upstream then tries
// every 5 ms, and what it would do in between is nothing.
func (s *deploymentSync) requeueStuckDeployment(status apps.DeploymentStatus) {
	d := s.d
	cond := deploymentutil.GetDeploymentCondition(d.Status, apps.DeploymentProgressing)
	if !deploymentutil.HasProgressDeadline(d) || cond == nil {
		return
	}
	switch {
	case deploymentutil.DeploymentComplete(d, &status), cond.Reason == deploymentutil.TimedOutReason:
		return
	case cond.Reason == deploymentutil.NewRSAvailableReason:
		// Upstream asks again and again, from the deadline on every 5 ms, but time
		// alone never takes timedOut out of this reason.
		return
	}
	after := s.deadline(cond).Sub(s.now)
	if after < time.Second {
		s.do(RequeueAfter{After: after/retryDelay*retryDelay + retryDelay})
		return
	}
	s.do(RequeueAfter{After: after + time.Second})
}

// replicaFailures are the conditions ReplicaFailure of the new ReplicaSet, or
// else of all.
func replicaFailures(list []*apps.ReplicaSet, newRS *apps.ReplicaSet) []apps.DeploymentCondition {
	failures := failuresOf(newRS)
	for _, rs := range list {
		if len(failures) > 0 {
			break
		}
		failures = failuresOf(rs)
	}
	return failures
}

func failuresOf(rs *apps.ReplicaSet) []apps.DeploymentCondition {
	if rs == nil {
		return nil
	}
	var failures []apps.DeploymentCondition
	for _, c := range rs.Status.Conditions {
		if c.Type == apps.ReplicaSetReplicaFailure {
			failures = append(failures, deploymentutil.ReplicaSetToDeploymentCondition(c))
		}
	}
	return failures
}
