package deployment

import (
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"

	"github.com/kube-rehearse/rehearse/sim/record"
)

func (d *state) recordScale(rs *appsv1.ReplicaSet, from int32, created bool) {
	d.c.Record(record.ReplicaSetScaled{
		At: d.c.At(), Workload: d.key, ReplicaSet: rs.Name, Revision: rs.Labels[appsv1.DefaultDeploymentUniqueLabelKey],
		From: from, To: *rs.Spec.Replicas, Created: created,
	})
}

// followRollout records the turns of a rollout from what the controller writes
// into the Deployment.
func (d *state) followRollout() {
	if revision := d.api.Annotations[deploymentutil.RevisionAnnotation]; revision != d.revision {
		d.revision, d.phase = revision, record.RolloutStarted
		d.recordRollout(record.RolloutStarted, "")
		return
	}
	c := deploymentutil.GetDeploymentCondition(d.api.Status, appsv1.DeploymentProgressing)
	if c == nil || d.api.Status.ObservedGeneration != d.api.Generation {
		return
	}
	complete := deploymentutil.DeploymentComplete(d.api, &d.api.Status)
	switch {
	case c.Reason == deploymentutil.NewRSAvailableReason && d.phase != record.RolloutComplete && complete:
		d.phase = record.RolloutComplete
		d.recordRollout(record.RolloutComplete, "")
	case c.Reason == deploymentutil.TimedOutReason && d.phase == record.RolloutStarted:
		d.phase = record.RolloutStalled
		d.recordRollout(record.RolloutStalled, c.Message)
	case c.Reason != deploymentutil.NewRSAvailableReason && c.Reason != deploymentutil.TimedOutReason:
		d.phase = record.RolloutStarted // it moves on, and may stall or end again
	}
}

// followAvailability records the turns of the condition Available.
func (d *state) followAvailability() {
	c := deploymentutil.GetDeploymentCondition(d.api.Status, appsv1.DeploymentAvailable)
	if available := c != nil && c.Status == v1.ConditionTrue; available != d.available {
		d.available = available
		d.c.Record(record.Availability{At: d.c.At(), Workload: d.key, Available: available})
	}
}

// recordPause tells that somebody has paused or resumed the rollout.
func (d *state) recordPause() {
	if d.api.Spec.Paused {
		d.recordRollout(record.RolloutPaused, "")
	} else {
		d.recordRollout(record.RolloutResumed, "")
	}
}

func (d *state) recordRollout(phase record.RolloutPhase, message string) {
	r := record.Rollout{At: d.c.At(), Workload: d.key, Phase: phase, Message: message}
	if rs := deploymentutil.FindNewReplicaSet(d.api, d.replicaSets()); rs != nil {
		r.Revision = rs.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
	}
	for _, c := range d.api.Spec.Template.Spec.Containers {
		r.Images = append(r.Images, c.Image)
	}
	d.c.Record(r)
}
