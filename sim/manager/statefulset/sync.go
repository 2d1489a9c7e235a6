package statefulset

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
)

// sync begins only when the writes of the one before are visible (the
// controller's consistency store).
func (ss *state) sync(now sim.Time) {
	ss.seen = statefulset.View{
		StatefulSet: ss.api,
		Revisions:   apiserver.Owned[*appsv1.ControllerRevision](ss.c.Store, ss.api.UID),
		Claims:      ss.claims,
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

// carryOutSeries does actions one after the other, each when the write of the
// one before is answered: a worker of the controller waits for it. Every write
// takes its turn at the controller's client. After a refusal a sync writes its
// status and deletes revisions beyond the limit, and nothing else.
func (ss *state) carryOutSeries(now sim.Time, series []statefulset.Action, done func(sim.Time)) {
	if ss.refused {
		series = slices.DeleteFunc(slices.Clone(series), func(a statefulset.Action) bool {
			switch a.(type) {
			case statefulset.UpdateStatus, statefulset.DeleteRevision:
				return false
			}
			return true
		})
	}
	if len(series) == 0 || ss.deleted {
		done(now)
		return
	}
	next := func(at sim.Time) { ss.carryOutSeries(at, series[1:], done) }
	client := ss.c.Client
	switch a := series[0].(type) {
	case statefulset.Event:
		client.Event(ss.api.UID)
		next(now)
	case statefulset.RequeueAfter:
		ss.work.AddAfter(a.After)
		next(now)
	case statefulset.CreateRevision:
		ss.createRevision(a, next, done)
	default:
		client.Write(func(at sim.Time) {
			if !ss.deleted {
				ss.write(at, a)
			}
		}, next)
	}
}

// settled is when the writes of a sync are visible.
func (ss *state) settled() {
	ss.seen = statefulset.View{}
	ss.work.Done(ss.refused)
}
