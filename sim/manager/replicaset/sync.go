package replicaset

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// sync fails while the controller does not see what it wrote itself (its
// consistency store).
func (rs *state) sync(now sim.Time) {
	if now < rs.visible {
		rs.work.Done(true)
		return
	}
	rs.seen = replicaset.View{ReplicaSet: rs.api, Pods: rs.c.PodObjectsOf(rs.api.UID)}
	if len(rs.seen.Pods) > int(*rs.api.Spec.Replicas) { // else none is deleted
		rs.seen.Related = rs.related()
	}
	actions, err := replicaset.Sync(rs.seen, rs.c.Wall(now))
	rs.c.Fail(err)
	rs.carryOut(now, actions)
}

func (rs *state) carryOut(now sim.Time, actions []replicaset.Action) {
	series := manager.Series{
		Client: rs.c.Client, Key: &rs.work, About: rs.api.UID, Do: rs.do,
		Over: func() bool { return rs.deleted }, End: func(sim.Time) { rs.settled() },
	}
	series.CarryOut(now, actions)
}

func (rs *state) do(now sim.Time, action replicaset.Action, next func(sim.Time)) {
	client := rs.c.Client
	switch a := action.(type) {
	case replicaset.CreatePods:
		rs.createPods(now, a.Count, next)
	case replicaset.DeletePods:
		client.WriteAll(len(a.Pods), func(i int, _ sim.Time) {
			if p := rs.c.Seen(a.Pods[i]); p != nil {
				p.Delete(apiserver.Why{Reason: record.ScaledDown})
			}
		}, func(int, sim.Time) {}, next)
	case replicaset.UpdateStatus:
		rs.sendStatus(a, rs.seen.ReplicaSet, next)
	}
}

// createPods creates pods in batches of 1, 2, 4 …. After a batch of which the API
// server refused a pod the sync goes on with its status.
func (rs *state) createPods(now sim.Time, n int, next func(sim.Time)) {
	client := rs.c.Client
	client.InBatches(now, control.SlowStartBatches(n), rs.createPod, func() { client.Event(rs.api.UID) },
		func(at sim.Time, _ int) {
			if rs.seen.Failure == nil {
				next(at)
				return
			}
			actions, err := replicaset.Sync(rs.seen, rs.c.Wall(at))
			rs.c.Fail(err)
			rs.carryOut(at, actions[1:])
		})
}

// createPod keeps the first answer that is an error.
func (rs *state) createPod(_ int, now sim.Time) bool {
	if rs.deleted {
		return true
	}
	o := replicaset.NewPod(rs.api, rs.names.Next(rs.api.Name+"-"), rs.c.UID(), rs.c.Wall(now))
	if _, err := rs.c.CreatePod(o); err != nil {
		if rs.seen.Failure == nil {
			rs.seen.Failure = err
		}
		return false
	}
	rs.visible = now.Add(manager.WatchTime)
	return true
}

// sendStatus writes the status into the ReplicaSet as it was seen. When somebody
// has changed it meanwhile it is read and written once more, and then the sync
// fails (updateReplicaSetStatus).
func (rs *state) sendStatus(a replicaset.UpdateStatus, seen *appsv1.ReplicaSet, next func(sim.Time)) {
	client := rs.c.Client
	client.Write(func(now sim.Time) {
		if rs.deleted {
			rs.conflict = false
			return
		}
		written := seen.DeepCopy()
		written.Status = a.Status
		visible := rs.visible
		rs.visible = now.Add(manager.WatchTime)
		if rs.conflict = rs.c.UpdateStatus(seen, written) != nil; rs.conflict {
			rs.visible = visible
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

// settled is when the writes of a sync are visible.
func (rs *state) settled() {
	failed := rs.seen.Failure != nil || rs.conflict
	rs.seen, rs.conflict = replicaset.View{}, false
	rs.work.Done(failed)
}
