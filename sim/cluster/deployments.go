package cluster

import (
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"

	"github.com/kube-rehearse/rehearse/sim"
	deploymentcontroller "github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// deployment is a Deployment and the controller's view of it.
type deployment struct {
	world       *World
	key         string // as records name it
	api         *appsv1.Deployment
	replicaSets []*replicaSet
	work        workKey
	revision    string
	phase       string // of the rollout, as last recorded
	deleted     bool
}

func (d *deployment) enqueue() {
	if d.deleted || d.work.queued {
		return
	}
	d.work.queued = true
	d.world.loop.After(d.world.spec.Latencies.Deployment, sim.PhaseControl, sim.Func(d.sync))
}

func (d *deployment) apiReplicaSets() []*appsv1.ReplicaSet {
	list := make([]*appsv1.ReplicaSet, len(d.replicaSets))
	for i, rs := range d.replicaSets {
		list[i] = rs.api
	}
	return list
}

// update is a write of the Deployment's spec by somebody.
func (d *deployment) update(next *appsv1.Deployment) {
	next.Generation = d.api.Generation
	if !apiequality.Semantic.DeepEqual(next.Spec, d.api.Spec) {
		next.Generation++
	}
	d.api = next
	d.enqueue()
}

// scale sets spec.replicas.
func (d *deployment) scale(replicas int32) { d.update(deploymentcontroller.Scale(d.api, replicas)) }

func (d *deployment) sync(now sim.Time) {
	d.work.queued = false
	if d.deleted {
		return
	}
	view := deploymentcontroller.View{Deployment: d.api, ReplicaSets: d.apiReplicaSets(), Pods: map[types.UID][]*v1.Pod{}}
	for _, rs := range d.replicaSets {
		view.Pods[rs.api.UID] = rs.apiPods()
	}
	actions, err := deploymentcontroller.Sync(view, d.world.wall(now))
	d.world.fail(err)
	for _, a := range actions {
		d.perform(now, a)
	}
}

// perform carries out one decision of the Deployment controller.
func (d *deployment) perform(now sim.Time, action deploymentcontroller.Action) {
	w := d.world
	switch a := action.(type) {
	case deploymentcontroller.CreateReplicaSet:
		o := a.ReplicaSet.DeepCopy()
		w.admitNew(&o.ObjectMeta)
		rs := w.addReplicaSet(o, d.key, d)
		d.recordScale(rs, 0, true)
		d.enqueue()
	case deploymentcontroller.UpdateReplicaSet:
		if rs, known := w.replicaSets.get(key(a.ReplicaSet.Namespace, a.ReplicaSet.Name)); known {
			from := *rs.api.Spec.Replicas
			rs.update(a.ReplicaSet)
			if from != *rs.api.Spec.Replicas {
				d.recordScale(rs, from, false)
			}
		}
	case deploymentcontroller.DeleteReplicaSet:
		if rs, known := w.replicaSets.get(key(a.ReplicaSet.Namespace, a.ReplicaSet.Name)); known {
			rs.delete()
		}
	case deploymentcontroller.UpdateDeployment:
		d.api = a.Deployment.DeepCopy()
		d.enqueue()
	case deploymentcontroller.UpdateStatus:
		next := d.api.DeepCopy()
		next.Status = a.Status
		d.api = next
		d.enqueue()
	case deploymentcontroller.RequeueAfter:
		w.loop.At(now.Add(a.After), sim.PhaseControl, sim.Func(func(sim.Time) { d.enqueue() }))
	}
	d.followRollout()
}

func (d *deployment) recordScale(rs *replicaSet, from int32, created bool) {
	d.world.record(record.ReplicaSetScaled{
		At: d.world.at(), Workload: d.key, ReplicaSet: rs.api.Name, Revision: rs.hash(),
		From: from, To: *rs.api.Spec.Replicas, Created: created,
	})
}

// followRollout records the turns of a rollout from what the controller writes
// into the Deployment.
func (d *deployment) followRollout() {
	if revision := d.api.Annotations[deploymentutil.RevisionAnnotation]; revision != d.revision {
		d.revision, d.phase = revision, "started"
		d.recordRollout("started", "")
		return
	}
	c := deploymentutil.GetDeploymentCondition(d.api.Status, appsv1.DeploymentProgressing)
	if c == nil || d.api.Status.ObservedGeneration != d.api.Generation {
		return
	}
	switch {
	case c.Reason == deploymentutil.NewRSAvailableReason && d.phase != "complete" && deploymentutil.DeploymentComplete(d.api, &d.api.Status):
		d.phase = "complete"
		d.recordRollout("complete", "")
	case c.Reason == deploymentutil.TimedOutReason && d.phase == "started":
		d.phase = "stalled"
		d.recordRollout("stalled", c.Message)
	}
}

func (d *deployment) recordRollout(phase, message string) {
	r := record.Rollout{At: d.world.at(), Workload: d.key, Phase: phase, Message: message}
	if rs := deploymentutil.FindNewReplicaSet(d.api, d.apiReplicaSets()); rs != nil {
		r.Revision = rs.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
	}
	for _, c := range d.api.Spec.Template.Spec.Containers {
		r.Images = append(r.Images, c.Image)
	}
	d.world.record(r)
}

func (d *deployment) delete() {
	d.deleted = true
	for _, rs := range append([]*replicaSet(nil), d.replicaSets...) {
		rs.delete()
	}
	d.world.deployments.remove(key(d.api.Namespace, d.api.Name))
	d.world.replenish(d.api, nil)
}
