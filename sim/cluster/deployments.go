package cluster

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"

	"github.com/kube-rehearse/rehearse/sim"
	deploymentcontroller "github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// deployment is a Deployment and the controller's view of it.
type deployment struct {
	world       *World
	key         string // as records name it
	api         *appsv1.Deployment
	replicaSets []*replicaSet
	work        manager.Key
	seen        deploymentcontroller.View // of the sync under way
	revision    string
	phase       record.RolloutPhase // of the rollout, as last recorded
	deleted     bool
}

func (w *World) addDeployment(o *appsv1.Deployment) *deployment {
	d := &deployment{world: w, key: workloadKey(o.Namespace, "Deployment", o.Name), api: o}
	d.work.Init(w.controllers.deployment.Queue, d.sync)
	w.deployments.put(key(o.Namespace, o.Name), d)
	d.enqueue()
	return d
}

func (d *deployment) enqueue() { d.work.Add() }

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
	d.seen = deploymentcontroller.View{Deployment: d.api, ReplicaSets: d.apiReplicaSets(), Pods: map[types.UID][]*v1.Pod{}}
	for _, rs := range d.replicaSets {
		d.seen.Pods[rs.api.UID] = rs.apiPods()
	}
	actions, err := deploymentcontroller.Sync(d.seen, d.world.wall(now))
	d.world.fail(err)
	d.carryOut(now, actions)
}

// carryOut does the actions of a sync one after the other, each when the writes
// of the one before are answered: a worker of the controller waits for them. At
// a conflict the rest is not done, and the sync comes again.
func (d *deployment) carryOut(now sim.Time, actions []deploymentcontroller.Action) {
	if len(actions) == 0 || d.deleted {
		d.settled(false)
		return
	}
	client := d.world.controllers.deployment.Client
	switch a := actions[0].(type) {
	case deploymentcontroller.Event:
		client.Event(d.api.UID)
		d.carryOut(now, actions[1:])
	case deploymentcontroller.RequeueAfter:
		d.work.AddAfter(a.After)
		d.carryOut(now, actions[1:])
	case deploymentcontroller.Refused:
		client.Write(func(sim.Time) {}, func(sim.Time) { d.settled(true) })
	default:
		conflict := false
		client.Write(func(sim.Time) { conflict = !d.deleted && !d.write(a) }, func(at sim.Time) {
			if conflict {
				d.settled(true)
				return
			}
			d.carryOut(at, actions[1:])
		})
	}
}

func (d *deployment) settled(failed bool) {
	d.seen = deploymentcontroller.View{}
	d.work.Done(failed)
}

// write carries out a write of the Deployment controller. It is false when the
// API server refuses it: somebody has written the object since the controller
// saw it, or has one of that name.
func (d *deployment) write(action deploymentcontroller.Action) bool {
	w := d.world
	switch a := action.(type) {
	case deploymentcontroller.CreateReplicaSet:
		o := a.ReplicaSet.DeepCopy()
		if _, taken := w.replicaSets.get(key(o.Namespace, o.Name)); taken {
			d.collide()
			return false
		}
		w.admitNew(&o.ObjectMeta)
		rs := w.addReplicaSet(o, d.key, d)
		d.recordScale(rs, 0, true)
		d.enqueue()
	case deploymentcontroller.UpdateReplicaSet:
		rs, known := w.replicaSets.get(key(a.ReplicaSet.Namespace, a.ReplicaSet.Name))
		if !known {
			return false
		}
		i := slices.Index(d.seen.ReplicaSets, rs.api)
		if i < 0 {
			return false
		}
		from := *rs.api.Spec.Replicas
		rs.update(a.ReplicaSet)
		d.seen.ReplicaSets[i] = rs.api
		if from != *rs.api.Spec.Replicas {
			d.recordScale(rs, from, false)
		}
	case deploymentcontroller.DeleteReplicaSet:
		if rs, known := w.replicaSets.get(key(a.ReplicaSet.Namespace, a.ReplicaSet.Name)); known {
			rs.delete()
		}
	case deploymentcontroller.UpdateDeployment:
		if d.api != d.seen.Deployment {
			return false
		}
		d.written(a.Deployment.DeepCopy())
	case deploymentcontroller.UpdateStatus:
		if d.api != d.seen.Deployment {
			return false
		}
		next := d.api.DeepCopy()
		next.Status = a.Status
		d.written(next)
	}
	d.followRollout()
	return true
}

// written is a write of the Deployment by its own controller.
func (d *deployment) written(next *appsv1.Deployment) {
	d.api, d.seen.Deployment = next, next
	d.enqueue()
}

// collide is what the controller does when a ReplicaSet of that name belongs to
// another, for example a Deployment that was deleted just before: the next
// attempt has another name (sync.go, getNewReplicaSet).
func (d *deployment) collide() {
	if d.api != d.seen.Deployment {
		return
	}
	next := d.api.DeepCopy()
	count := int32(1)
	if old := next.Status.CollisionCount; old != nil {
		count += *old
	}
	next.Status.CollisionCount = &count
	d.written(next)
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
		d.revision, d.phase = revision, record.RolloutStarted
		d.recordRollout(record.RolloutStarted, "")
		return
	}
	c := deploymentutil.GetDeploymentCondition(d.api.Status, appsv1.DeploymentProgressing)
	if c == nil || d.api.Status.ObservedGeneration != d.api.Generation {
		return
	}
	switch {
	case c.Reason == deploymentutil.NewRSAvailableReason && d.phase != record.RolloutComplete && deploymentutil.DeploymentComplete(d.api, &d.api.Status):
		d.phase = record.RolloutComplete
		d.recordRollout(record.RolloutComplete, "")
	case c.Reason == deploymentutil.TimedOutReason && d.phase == record.RolloutStarted:
		d.phase = record.RolloutStalled
		d.recordRollout(record.RolloutStalled, c.Message)
	}
}

func (d *deployment) recordRollout(phase record.RolloutPhase, message string) {
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
	d.work.Drop()
	for _, rs := range d.replicaSets {
		d.world.garbage.collect(func() any { return rs.api }, rs.delete)
	}
	d.world.deployments.remove(key(d.api.Namespace, d.api.Name))
	d.world.replenish(d.api, nil)
}
