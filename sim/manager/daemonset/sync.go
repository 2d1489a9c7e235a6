package daemonset

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/manager"
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

func (ds *state) carryOut(now sim.Time, actions []daemonset.Action) {
	series := manager.Series{
		Client: ds.c.Client, Key: &ds.work, About: ds.api.UID, Do: ds.do,
		Over: func() bool { return ds.deleted }, End: func(sim.Time) { ds.settled() },
	}
	series.CarryOut(now, actions)
}

func (ds *state) do(now sim.Time, action daemonset.Action, next func(sim.Time)) {
	switch a := action.(type) {
	case daemonset.Remember:
		ds.failures[a.Key] = a.Failure
		next(now)
	case daemonset.Retry:
		ds.failed = true
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
