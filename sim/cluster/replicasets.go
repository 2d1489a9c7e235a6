package cluster

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// replicaSet is a ReplicaSet and the controller's view of it.
type replicaSet struct {
	world    *World
	key      string // of the workload it belongs to, as records name it
	api      *appsv1.ReplicaSet
	owner    *deployment // nil for a bare ReplicaSet
	pods     []*pod
	work     manager.Key
	names    *podNames
	seen     replicaset.View // of the sync under way
	visible  sim.Time        // when the controller's watches show what it wrote last
	conflict bool            // somebody wrote the ReplicaSet before its status
	deleted  bool
}

func (w *World) addReplicaSet(o *appsv1.ReplicaSet, workload string, owner *deployment) *replicaSet {
	rs := &replicaSet{world: w, key: workload, api: o, owner: owner, names: w.podNames(key(o.Namespace, o.Name), o.Namespace)}
	rs.work.Init(w.controllers.replicaSet.Queue, rs.sync)
	w.replicaSets.put(key(o.Namespace, o.Name), rs)
	w.scheduler.upstream.Set(o)
	if owner != nil {
		owner.replicaSets = append(owner.replicaSets, rs)
	}
	rs.enqueue()
	return rs
}

func (rs *replicaSet) hash() string { return rs.api.Labels[appsv1.DefaultDeploymentUniqueLabelKey] }

func (rs *replicaSet) apiPods() []*v1.Pod {
	list := make([]*v1.Pod, len(rs.pods))
	for i, p := range rs.pods {
		list[i] = p.api
	}
	return list
}

// related are the active pods of all ReplicaSets of the same owner, which the
// order of deletion looks at (getIndirectlyRelatedPods).
func (rs *replicaSet) related() []*v1.Pod {
	if rs.owner == nil {
		return rs.apiPods()
	}
	var list []*v1.Pod
	for _, sibling := range rs.owner.replicaSets {
		list = append(list, sibling.apiPods()...)
	}
	return list
}

// enqueue adds the ReplicaSet to the work queue.
func (rs *replicaSet) enqueue() { rs.work.Add() }

func (rs *replicaSet) update(next *appsv1.ReplicaSet) {
	next = next.DeepCopy()
	next.Generation = rs.api.Generation
	if *next.Spec.Replicas != *rs.api.Spec.Replicas {
		next.Generation++
	}
	next.Status = rs.api.Status
	rs.api = next
	rs.world.scheduler.upstream.Set(next)
	rs.enqueue()
	rs.notifyOwner()
}

// scale sets spec.replicas.
func (rs *replicaSet) scale(replicas int32) {
	next := rs.api.DeepCopy()
	next.Spec.Replicas = &replicas
	rs.update(next)
}

func (rs *replicaSet) notifyOwner() {
	if rs.owner != nil {
		rs.owner.enqueue()
	}
}

func (rs *replicaSet) addPod(p *pod) { rs.pods = append(rs.pods, p) }

func (rs *replicaSet) removePod(p *pod) {
	rs.pods = without(rs.pods, p)
	rs.notifyOwner()
}

func (rs *replicaSet) podWritten() { retry(&rs.work) }

// podReady lets the controller look again when a pod that got ready is available,
// also when its own wish for that is lost to a failure (updatePod).
func (rs *replicaSet) podReady() {
	if seconds := rs.api.Spec.MinReadySeconds; seconds > 0 {
		rs.work.AddAfter(time.Duration(seconds) * time.Second)
	}
}

func (rs *replicaSet) size() (*disruption.Scale, error) {
	if d := rs.owner; d != nil {
		return &disruption.Scale{UID: d.api.UID, Replicas: *d.api.Spec.Replicas}, nil
	}
	return &disruption.Scale{UID: rs.api.UID, Replicas: *rs.api.Spec.Replicas}, nil
}

// sync fails while the controller does not see what it wrote itself (its
// consistency store).
func (rs *replicaSet) sync(now sim.Time) {
	if now < rs.visible {
		rs.work.Done(true)
		return
	}
	rs.seen = replicaset.View{ReplicaSet: rs.api, Pods: rs.apiPods(), Related: rs.related()}
	actions, err := replicaset.Sync(rs.seen, rs.world.wall(now))
	rs.world.fail(err)
	rs.carryOut(now, actions)
}

// carryOut does the actions of a sync one after the other, each when the writes
// of the one before are answered: a worker of the controller waits for them.
// Every write, that of the status too, takes its turn at the controller's
// client, so the ReplicaSets of a rollout hold each other up.
func (rs *replicaSet) carryOut(now sim.Time, actions []replicaset.Action) {
	if len(actions) == 0 || rs.deleted {
		rs.settled()
		return
	}
	next := func(at sim.Time) { rs.carryOut(at, actions[1:]) }
	client := rs.world.controllers.replicaSet.Client
	switch a := actions[0].(type) {
	case replicaset.CreatePods:
		rs.createPods(now, control.SlowStartBatches(a.Count), next)
	case replicaset.DeletePods:
		client.WriteAll(len(a.Pods), func(i int, _ sim.Time) {
			if p := rs.world.seenPod(a.Pods[i]); p != nil {
				p.delete(record.ScaledDown)
			}
		}, func(int, sim.Time) {}, next)
	case replicaset.UpdateStatus:
		rs.sendStatus(a, rs.seen.ReplicaSet, next)
	case replicaset.RequeueAfter:
		rs.work.AddAfter(a.After)
		next(now)
	case replicaset.Event:
		client.Event(rs.api.UID)
		next(now)
	}
}

// sendStatus writes the status into the ReplicaSet as it was seen. When somebody
// has changed it meanwhile it is read and written once more, and then the sync
// fails (updateReplicaSetStatus).
func (rs *replicaSet) sendStatus(a replicaset.UpdateStatus, seen *appsv1.ReplicaSet, next func(sim.Time)) {
	client := rs.world.controllers.replicaSet.Client
	client.Write(func(now sim.Time) {
		if rs.conflict = !rs.deleted && rs.api != seen; !rs.conflict && !rs.deleted {
			rs.writeStatus(now, a)
		}
	}, func(at sim.Time) {
		switch {
		case !rs.conflict:
			next(at)
		case seen == rs.seen.ReplicaSet:
			client.Read(func(sim.Time) { rs.sendStatus(a, rs.api, next) })
		default:
			rs.settled()
		}
	})
}

func (rs *replicaSet) writeStatus(now sim.Time, a replicaset.UpdateStatus) {
	rs.visible = now.Add(manager.WatchTime)
	written := rs.api.DeepCopy()
	written.Status = a.Status
	rs.api = written
	rs.enqueue()
	rs.notifyOwner()
}

// settled is when the writes of a sync are visible.
func (rs *replicaSet) settled() {
	failed := rs.seen.Failure != nil || rs.conflict
	rs.seen, rs.conflict = replicaset.View{}, false
	rs.work.Done(failed)
}

// createPods creates pods in batches of 1, 2, 4 …, each batch side by side
// and after the one before (slowStartBatch), as fast as the client may. A batch
// asks the client only when it is its turn, so others come in between. After a
// batch of which the API server refused a pod the sync goes on with its status.
func (rs *replicaSet) createPods(now sim.Time, batches []int, next func(sim.Time)) {
	if rs.seen.Failure != nil {
		actions, err := replicaset.Sync(rs.seen, rs.world.wall(now))
		rs.world.fail(err)
		rs.carryOut(now, actions[1:])
		return
	}
	if len(batches) == 0 {
		next(now)
		return
	}
	client := rs.world.controllers.replicaSet.Client
	client.WriteAll(batches[0], func(_ int, at sim.Time) { rs.createPod(at) }, func(int, sim.Time) { client.Event(rs.api.UID) },
		func(at sim.Time) { rs.createPods(at, batches[1:], next) })
}

// createPod keeps the first answer that is an error.
func (rs *replicaSet) createPod(now sim.Time) {
	if rs.deleted {
		return
	}
	o := replicaset.NewPod(rs.api, rs.names.next(rs.api.Name+"-"), rs.world.uid(), rs.world.wall(now))
	err := rs.world.createPod(o, rs.key, rs)
	switch {
	case err == nil:
		rs.visible = now.Add(manager.WatchTime)
	case rs.seen.Failure == nil:
		rs.seen.Failure = err
	}
}

// delete removes the ReplicaSet; the garbage collector deletes its pods.
func (rs *replicaSet) delete() {
	if rs.deleted {
		return
	}
	rs.deleted = true
	rs.work.Drop()
	rs.world.scheduler.upstream.Unset(rs.api)
	rs.world.garbage.collectPods(rs.pods, 0, record.OwnerDeleted)
	rs.world.replicaSets.remove(key(rs.api.Namespace, rs.api.Name))
	rs.world.replenish(rs.api, nil)
	if rs.owner == nil {
		return
	}
	rs.owner.replicaSets = without(rs.owner.replicaSets, rs)
}
