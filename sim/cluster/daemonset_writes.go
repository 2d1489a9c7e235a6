package cluster

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller/daemon/util"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// carryOut does the actions of a sync one after the other, each when the writes
// of the one before are through: a worker of the controller waits for them.
// Every write takes its turn at the controller's client.
func (ds *daemonSet) carryOut(now sim.Time, actions []daemonset.Action) {
	if len(actions) == 0 || ds.deleted {
		ds.settled()
		return
	}
	next := func(at sim.Time) { ds.carryOut(at, actions[1:]) }
	client := ds.world.controllers.daemonSet.Client
	switch a := actions[0].(type) {
	case daemonset.Event:
		client.Event(ds.api.UID)
		next(now)
	case daemonset.Remember:
		ds.failures[a.Key] = a.Failure
		next(now)
	case daemonset.Retry:
		ds.failed = true
		next(now)
	case daemonset.RequeueAfter:
		ds.work.AddAfter(a.After)
		next(now)
	case daemonset.CreatePods:
		ds.createPods(now, a, control.SlowStartBatches(len(a.Nodes)), 0, next)
	case daemonset.DeletePods:
		client.WriteAll(len(a.Pods), func(i int, _ sim.Time) {
			if p := ds.world.seenPod(a.Pods[i]); p != nil {
				p.delete(ds.deletionReason(p.api))
			}
		}, func(int, sim.Time) {}, next)
	case daemonset.DeleteRevision:
		if ds.failed { // a sync that failed doesn't come to the history
			next(now)
			return
		}
		ds.send(a, next)
	default:
		ds.send(a, next)
	}
}

// send makes one write and waits for its answer.
func (ds *daemonSet) send(action daemonset.Action, next func(sim.Time)) {
	ds.world.controllers.daemonSet.Write(func(now sim.Time) {
		if !ds.deleted {
			ds.write(now, action)
		}
	}, next)
}

// write carries out a write of a revision or of the status.
func (ds *daemonSet) write(now sim.Time, action daemonset.Action) {
	switch a := action.(type) {
	case daemonset.CreateRevision:
		r := a.Revision.DeepCopy()
		r.UID, r.CreationTimestamp = ds.world.uid(), metav1.NewTime(ds.world.wall(now).Truncate(1e9))
		ds.revisions = append(slices.Clone(ds.revisions), r)
		ds.startRollout(r)
	case daemonset.UpdateRevision:
		ds.revisions = replaced(ds.revisions, a.Revision)
		ds.startRollout(a.Revision)
	case daemonset.DeleteRevision:
		ds.revisions = slices.DeleteFunc(slices.Clone(ds.revisions), func(r *appsv1.ControllerRevision) bool { return r.Name == a.Revision.Name })
		ds.enqueue()
	case daemonset.UpdateStatus:
		next := ds.api.DeepCopy()
		next.Status = a.Status
		ds.api = next
		ds.enqueue()
		ds.followNodes()
		ds.followRollout()
	}
}

// createPods creates a pod for each node from the i-th on, in batches of 1, 2,
// 4 …, each side by side and after the one before (syncNodes). After one of
// which the API server refused a pod the others are left out.
func (ds *daemonSet) createPods(now sim.Time, a daemonset.CreatePods, batches []int, i int, next func(sim.Time)) {
	if len(batches) == 0 || ds.failed {
		next(now)
		return
	}
	client := ds.world.controllers.daemonSet.Client
	client.WriteAll(batches[0], func(j int, at sim.Time) { ds.createPod(at, a.Pod(i+j)) }, func(int, sim.Time) { client.Event(ds.api.UID) },
		func(at sim.Time) { ds.createPods(at, a, batches[1:], i+batches[0], next) })
}

func (ds *daemonSet) createPod(now sim.Time, o *v1.Pod) {
	if ds.deleted {
		return
	}
	o.Name = ds.names.next(o.GenerateName)
	control.AdmitPod(o, ds.world.uid(), ds.world.wall(now))
	if err := ds.world.createPod(o, ds.key, ds); err != nil {
		ds.failed = true
	}
}

// targetOf is the node that a pod of a DaemonSet is for, "" of others.
func targetOf(o *v1.Pod, owner podOwner) string {
	if _, is := owner.(*daemonSet); !is {
		return ""
	}
	name, err := util.GetTargetNodeName(o)
	if err != nil {
		return "" // every pod that the controller makes has one
	}
	return name
}

// deletionReason is why the controller deletes a pod: it has ended, it is of an
// old revision, or there should be none (any more) where it is.
func (ds *daemonSet) deletionReason(o *v1.Pod) record.Deletion {
	switch {
	case o.Status.Phase == v1.PodFailed || o.Status.Phase == v1.PodSucceeded:
		return record.EndedBefore
	case revisionOf(o, ds) != ds.revision:
		return record.RolledOut
	}
	return record.ScaledDown
}

// followNodes records how many nodes should run a pod, when that changed.
func (ds *daemonSet) followNodes() {
	desired := ds.api.Status.DesiredNumberScheduled
	if desired == ds.desired {
		return
	}
	ds.world.record(record.Scaled{At: ds.world.at(), Workload: ds.key, From: max(0, ds.desired), To: desired, By: record.ByNodes})
	ds.desired = desired
}

// startRollout records that the template's revision is another one.
func (ds *daemonSet) startRollout(r *appsv1.ControllerRevision) {
	ds.revision, ds.phase = r.Labels[appsv1.DefaultDaemonSetUniqueLabelKey], record.RolloutStarted
	ds.recordRollout(record.RolloutStarted)
}

// followRollout records that a rollout is complete, when kubectl rollout status
// says so (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go,
// DaemonSetStatusViewer; with OnDelete it doesn't say, and the same is meant).
func (ds *daemonSet) followRollout() {
	s := ds.api.Status
	done := s.ObservedGeneration >= ds.api.Generation && s.UpdatedNumberScheduled >= s.DesiredNumberScheduled && s.NumberAvailable >= s.DesiredNumberScheduled
	if ds.phase == record.RolloutStarted && done {
		ds.phase = record.RolloutComplete
		ds.recordRollout(record.RolloutComplete)
	}
}

func (ds *daemonSet) recordRollout(phase record.RolloutPhase) {
	r := record.Rollout{At: ds.world.at(), Workload: ds.key, Phase: phase, Revision: ds.revision}
	for _, c := range ds.api.Spec.Template.Spec.Containers {
		r.Images = append(r.Images, c.Image)
	}
	ds.world.record(r)
}
