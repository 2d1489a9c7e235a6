package cluster

import (
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// workKey makes a controller's work queue of one object: however often it is
// added, it is synced once, after the controller's latency, and again only
// when it was added since.
type workKey struct {
	queued bool
	busy   bool // its last sync's writes are still under way
	again  bool
}

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

func (d *deployment) sync(now sim.Time) {
	d.work.queued = false
	if d.deleted {
		return
	}
	view := control.DeploymentView{Deployment: d.api, ReplicaSets: d.apiReplicaSets(), Pods: map[types.UID][]*v1.Pod{}}
	for _, rs := range d.replicaSets {
		view.Pods[rs.api.UID] = rs.apiPods()
	}
	actions, err := control.SyncDeployment(view, wall(now))
	d.world.fail(err)
	for _, a := range actions {
		d.perform(now, a)
	}
}

// perform carries out one decision of the Deployment controller.
func (d *deployment) perform(now sim.Time, action control.Action) {
	w := d.world
	switch a := action.(type) {
	case control.CreateReplicaSet:
		o := a.ReplicaSet.DeepCopy()
		w.admitNew(&o.ObjectMeta)
		rs := w.addReplicaSet(o, d.key, d)
		d.recordScale(rs, 0, true)
		d.enqueue()
	case control.UpdateReplicaSet:
		if rs, known := w.replicaSets.get(key(a.ReplicaSet.Namespace, a.ReplicaSet.Name)); known {
			from := *rs.api.Spec.Replicas
			rs.update(a.ReplicaSet)
			if from != *rs.api.Spec.Replicas {
				d.recordScale(rs, from, false)
			}
		}
	case control.DeleteReplicaSet:
		if rs, known := w.replicaSets.get(key(a.ReplicaSet.Namespace, a.ReplicaSet.Name)); known {
			rs.delete()
		}
	case control.UpdateDeployment:
		d.api = a.Deployment.DeepCopy()
		d.enqueue()
	case control.UpdateDeploymentStatus:
		next := d.api.DeepCopy()
		next.Status = a.Status
		d.api = next
		d.enqueue()
	case control.RequeueAfter:
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
}

// replicaSet is a ReplicaSet and the controller's view of it.
type replicaSet struct {
	world   *World
	key     string // of the workload it belongs to, as records name it
	api     *appsv1.ReplicaSet
	owner   *deployment // nil for a bare ReplicaSet
	pods    []*pod
	work    workKey
	names   *podNames
	deleted bool
}

func (w *World) addReplicaSet(o *appsv1.ReplicaSet, workload string, owner *deployment) *replicaSet {
	rs := &replicaSet{world: w, key: workload, api: o, owner: owner, names: w.podNames(o)}
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

// enqueue adds the ReplicaSet to the work queue. While the writes of its last
// sync are under way it waits: the controller's expectations hold it back.
func (rs *replicaSet) enqueue() {
	switch {
	case rs.deleted || rs.work.queued:
	case rs.work.busy:
		rs.work.again = true
	default:
		rs.work.queued = true
		rs.world.loop.After(rs.world.spec.Latencies.ReplicaSet, sim.PhaseControl, sim.Func(rs.sync))
	}
}

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

func (rs *replicaSet) notifyOwner() {
	if rs.owner != nil {
		rs.owner.enqueue()
	}
}

func (rs *replicaSet) sync(now sim.Time) {
	rs.work.queued = false
	if rs.deleted {
		return
	}
	actions, err := control.SyncReplicaSet(control.ReplicaSetView{ReplicaSet: rs.api, Pods: rs.apiPods(), Related: rs.related()}, wall(now))
	rs.world.fail(err)
	end := now
	for _, a := range actions {
		if status, is := a.(control.UpdateReplicaSetStatus); is && end > now {
			// The status is written when the pods are.
			w := rs.world
			w.loop.At(end, sim.PhaseControl, sim.Func(func(at sim.Time) { rs.perform(at, status) }))
			continue
		}
		end = max(end, rs.perform(now, a))
	}
	if end > now {
		rs.work.busy = true
		rs.world.loop.At(end, sim.PhaseControl, sim.Func(rs.settled))
	}
}

// settled is when the writes of a sync are visible.
func (rs *replicaSet) settled(sim.Time) {
	rs.work.busy = false
	if rs.work.again {
		rs.work.again = false
		rs.enqueue()
	}
}

// perform carries out one decision of the ReplicaSet controller and returns
// when its last write is done.
func (rs *replicaSet) perform(now sim.Time, action control.Action) sim.Time {
	w := rs.world
	end := now
	switch a := action.(type) {
	case control.CreatePods:
		end = rs.createPods(now, a.Count)
	case control.DeletePods:
		for _, victim := range a.Pods {
			at := w.replicaSetClient.call(now)
			end = max(end, at)
			w.loop.At(at, sim.PhaseControl, sim.Func(func(sim.Time) {
				if p, known := w.pods.get(key(victim.Namespace, victim.Name)); known && p.api.UID == victim.UID {
					p.delete("scale-down")
				}
			}))
		}
	case control.UpdateReplicaSetStatus:
		next := rs.api.DeepCopy()
		next.Status = a.Status
		rs.api = next
		rs.notifyOwner()
	case control.RequeueAfter:
		w.loop.At(now.Add(a.After), sim.PhaseControl, sim.Func(func(sim.Time) { rs.enqueue() }))
	}
	return end
}

// createPods creates pods in batches of 1, 2, 4 …, each batch side by side
// and after the one before (slowStartBatch), as fast as the client may.
func (rs *replicaSet) createPods(now sim.Time, count int) sim.Time {
	start := now
	for _, batch := range control.SlowStartBatches(count) {
		end := start
		for range batch {
			at := rs.world.replicaSetClient.call(start)
			end = max(end, at)
			rs.world.loop.At(at, sim.PhaseControl, sim.Func(func(at sim.Time) { rs.createPod(at) }))
		}
		start = end.Add(callTime)
	}
	return start
}

func (rs *replicaSet) createPod(now sim.Time) {
	if rs.deleted {
		return
	}
	name := rs.names.next()
	o := control.NewPod(rs.api, name, rs.world.uid(), wall(now))
	rs.world.createPod(o, rs.key, rs)
}

func (rs *replicaSet) delete() {
	if rs.deleted {
		return
	}
	rs.deleted = true
	rs.world.scheduler.upstream.Unset(rs.api)
	for _, p := range append([]*pod(nil), rs.pods...) {
		p.delete("owner-deleted")
	}
	rs.world.replicaSets.remove(key(rs.api.Namespace, rs.api.Name))
	if rs.owner == nil {
		return
	}
	for i, sibling := range rs.owner.replicaSets {
		if sibling == rs {
			rs.owner.replicaSets = append(rs.owner.replicaSets[:i:i], rs.owner.replicaSets[i+1:]...)
			break
		}
	}
}
