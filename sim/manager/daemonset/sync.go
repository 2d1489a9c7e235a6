package daemonset

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
)

// sync begins only when the writes of the one before are visible (the
// controller's expectations and its consistency store).
func (ds *state) sync(now sim.Time) {
	actions, err := daemonset.Sync(daemonset.View{
		DaemonSet: ds.api,
		Revisions: apiserver.Owned[*appsv1.ControllerRevision](ds.c.Store, ds.api.UID),
		Pods:      ds.c.PodObjectsOf(ds.api.UID),
		Nodes:     ds.nodes(),
		Failures:  ds.failures,
	}, ds.c.Wall(now))
	ds.c.Fail(err)
	ds.failed = false
	ds.carryOut(now, actions)
}

// carryOut does the actions of a sync one after the other, each when the writes
// of the one before are through: a worker of the controller waits for them.
// Every write takes its turn at the controller's client.
func (ds *state) carryOut(now sim.Time, actions []daemonset.Action) {
	if len(actions) == 0 || ds.deleted {
		ds.settled()
		return
	}
	next := func(at sim.Time) { ds.carryOut(at, actions[1:]) }
	switch a := actions[0].(type) {
	case daemonset.Event:
		ds.c.Event(ds.api.UID)
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
	case daemonset.CreateRevision:
		ds.createRevision(a, next)
	case daemonset.CreatePods:
		ds.createPods(now, a, next)
	case daemonset.DeletePods:
		ds.deletePods(a, next)
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

// settled is when the writes of a sync are visible.
func (ds *state) settled() { ds.work.Done(ds.failed) }
