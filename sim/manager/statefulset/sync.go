package statefulset

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// sync begins only when the writes of the one before are visible (the
// controller's consistency store).
func (ss *state) sync(now sim.Time) {
	ss.seen = statefulset.View{
		StatefulSet: ss.api,
		Revisions:   apiserver.Owned[*appsv1.ControllerRevision](ss.c.Store, ss.api.UID),
		Claims:      ss.claims(),
		Pods:        ss.c.PodObjectsOf(ss.api.UID),
	}
	actions, err := statefulset.Sync(ss.seen, ss.c.Wall(now))
	ss.c.Fail(err)
	ss.refused, ss.over = false, false
	ss.carryOut(now, ss.stages(actions))
}

// carryOut does the stages of a sync one after the other.
func (ss *state) carryOut(now sim.Time, stages []stage) {
	if len(stages) == 0 || ss.deleted || ss.over {
		ss.settled()
		return
	}
	left := len(stages[0])
	for _, series := range stages[0] {
		ss.carryOutSeries(now, series, func(at sim.Time) {
			if left--; left == 0 {
				ss.carryOut(at, stages[1:])
			}
		})
	}
}

// carryOutSeries does actions one after the other; done runs after the last. What
// the API server refuses ends the series but for the status and the old revisions.
func (ss *state) carryOutSeries(now sim.Time, series []statefulset.Action, done func(sim.Time)) {
	actions := manager.Series{
		Client: ss.c.Client, Key: &ss.work, About: ss.api.UID, Skip: ss.skipped,
		Over: func() bool { return ss.deleted }, End: done,
		Do: func(_ sim.Time, a statefulset.Action, next func(sim.Time)) {
			if a, is := a.(statefulset.CreateRevision); is {
				ss.createRevision(a, next, done)
				return
			}
			ss.c.Write(func(at sim.Time) {
				if !ss.deleted {
					ss.write(at, a)
				}
			}, next)
		},
	}
	actions.CarryOut(now, series)
}

func (ss *state) skipped(a statefulset.Action) bool {
	switch a.(type) {
	case statefulset.UpdateStatus, statefulset.DeleteRevision:
		return false
	}
	return ss.refused
}

// settled is when the writes of a sync are visible.
func (ss *state) settled() {
	ss.seen = statefulset.View{}
	ss.work.Done(ss.refused)
}
