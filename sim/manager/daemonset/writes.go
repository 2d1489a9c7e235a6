package daemonset

import (
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// send makes one write and waits for its answer.
func (ds *state) send(action daemonset.Action, next func(sim.Time)) {
	ds.c.Write(func(sim.Time) {
		if !ds.deleted {
			ds.write(action)
		}
	}, next)
}

// createRevision makes the revision of the template. A sync whose revision the API
// server refuses comes to nothing else (syncDaemonSet, constructHistory).
func (ds *state) createRevision(a daemonset.CreateRevision, next func(sim.Time)) {
	refused := false
	ds.c.Write(func(sim.Time) {
		if ds.deleted {
			return
		}
		r, err := ds.c.CreateRevision(a.Revision, ds.key)
		if refused = err != nil; !refused {
			ds.startRollout(r)
		}
	}, func(at sim.Time) {
		if refused {
			ds.failed = true
			ds.settled()
			return
		}
		next(at)
	})
}

// write carries out a write of a revision or of the status.
func (ds *state) write(action daemonset.Action) {
	switch a := action.(type) {
	case daemonset.UpdateRevision:
		ds.c.UpdateRevision(a.Revision)
		ds.startRollout(a.Revision)
	case daemonset.DeleteRevision:
		ds.c.DeleteRevision(a.Revision)
		ds.work.Add()
	case daemonset.UpdateStatus:
		next := ds.api.DeepCopy()
		next.Status = a.Status
		ds.c.Fail(ds.c.UpdateStatus(ds.api, next))
		ds.followNodes()
		ds.followRollout()
	}
}

// createPods creates a pod for each node, in batches of 1, 2, 4 … (syncNodes).
// After a batch of which the API server refused a pod the others are left out.
func (ds *state) createPods(now sim.Time, a daemonset.CreatePods, next func(sim.Time)) {
	if ds.failed {
		next(now)
		return
	}
	create := func(i int, at sim.Time) bool { return ds.createPod(at, a.Pod(i)) }
	answered := func() { ds.c.Event(ds.api.UID) }
	ds.c.InBatches(now, control.SlowStartBatches(len(a.Nodes)), create, answered, func(at sim.Time, _ int) { next(at) })
}

// createPod is false when the API server refuses the pod.
func (ds *state) createPod(now sim.Time, o *v1.Pod) bool {
	if ds.deleted {
		return true
	}
	o.Name = ds.names.Next(o.GenerateName)
	control.AdmitPod(o, ds.c.UID(), ds.c.Wall(now))
	if _, err := ds.c.CreatePod(o); err != nil {
		ds.failed = true
		return false
	}
	return true
}

func (ds *state) deletePods(a daemonset.DeletePods, next func(sim.Time)) {
	ds.c.WriteAll(len(a.Pods), func(i int, _ sim.Time) {
		if p := ds.c.Seen(a.Pods[i]); p != nil {
			p.Delete(apiserver.Why{Reason: ds.deletionReason(p)})
		}
	}, func(int, sim.Time) {}, next)
}

// deletionReason is why the controller deletes a pod: it has ended, it is of an
// old revision, or there should be none (any more) where it is.
func (ds *state) deletionReason(p *apiserver.Pod) record.Deletion {
	switch {
	case p.Ended():
		return record.EndedBefore
	case ds.c.Kinds.RevisionOf(p.Object(), ds.api, ds.api) != ds.revision:
		return record.RolledOut
	}
	return record.ScaledDown
}
