package autoscaling

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// sync looks at the autoscaler, and goes by that to its end. It asks for the scale and
// then for the metrics, one after the other. A worker of the controller waits for the
// answers, which take Options.Answers in all.
func (a *state) sync(sim.Time) {
	a.seen = a.api
	a.c.scale.ReadIn(a.c.answers, a.answered)
}

// steps are what a sync does when it is answered, and how far it is. There is one sync
// at a time, so that each look has no need of its own.
type steps struct {
	answered, ask func(now sim.Time)
	clients       []*manager.Client // that have to be asked
	next          int
}

func (a *state) prepare() {
	a.answered = func(now sim.Time) {
		a.clients, a.next = a.toAsk(a.clients[:0]), 0
		a.ask(now)
	}
	// ask takes a turn at the next client, and decides after the last.
	a.ask = func(now sim.Time) {
		if a.next == len(a.clients) {
			a.decide(now)
			return
		}
		a.next++
		a.clients[a.next-1].ReadIn(0, a.ask)
	}
}

// toAsk adds the clients that a sync asks for metrics, in order: none when the size
// is out of bounds, which decides without.
func (a *state) toAsk(list []*manager.Client) []*manager.Client {
	scale, spec := a.target().Scale, &a.seen.Spec
	if scale == nil || scale.Spec.Replicas > spec.MaxReplicas || scale.Spec.Replicas < ptr.Deref(spec.MinReplicas, 1) {
		return list
	}
	for _, m := range spec.Metrics {
		switch m.Type {
		case autoscalingv2.ExternalMetricSourceType:
			list = append(list, a.c.external)
		case autoscalingv2.PodsMetricSourceType, autoscalingv2.ObjectMetricSourceType:
			list = append(list, a.c.custom)
		default:
			list = append(list, a.c.resource)
		}
	}
	return list
}

// decide is the rest of a sync: the decision, then the writes of the scale and of
// the status, one after the other.
func (a *state) decide(now sim.Time) {
	if a.deleted {
		a.work.Done(false)
		return
	}
	c, t := a.c, a.target()
	if a.repeats(now, t) {
		a.work.AddAfter(c.config.SyncPeriod)
		a.work.Done(false)
		return
	}
	v := a.view(now, t)
	d, err := hpa.Reconcile(c.config, &a.memory, v, c.Wall(now))
	if err != nil {
		c.Fail(err)
		return
	}
	a.last = look{}
	if r, news := a.recorder.record(a.seen, d, t.Workload); news {
		r.At = c.At()
		c.Record(r)
	}
	for range d.Events {
		c.own.Event(a.api.UID)
	}
	if !d.Rescale {
		if apiequality.Semantic.DeepEqual(a.seen.Status, d.Status) {
			a.looked(now, v, d)
		}
		a.writeStatus(d.Status)
		return
	}
	c.scale.Write(func(sim.Time) {
		if t := a.target(); t.Scale != nil {
			c.Record(record.Scaled{At: c.At(), Workload: t.Workload, From: d.Current, To: d.Desired, By: record.ByAutoscaler})
			c.Fail(t.Write(d.Desired))
		}
	}, func(sim.Time) { a.writeStatus(d.Status) })
}

// writeStatus ends a sync (updateStatusIfNeeded). The next comes a period after
// the change of the status is seen, or else after the end. When somebody has changed
// the autoscaler since the look it is a conflict, of which an event tells.
func (a *state) writeStatus(status autoscalingv2.HorizontalPodAutoscalerStatus) {
	period := a.c.config.SyncPeriod
	if apiequality.Semantic.DeepEqual(a.seen.Status, status) {
		a.work.AddAfter(period)
		a.work.Done(false)
		return
	}
	conflict := false
	a.c.own.Write(func(sim.Time) {
		if a.deleted {
			return
		}
		next := a.seen.DeepCopy()
		next.Status = status
		if conflict = a.c.UpdateStatus(a.seen, next) != nil; !conflict {
			a.work.AddAfter(period)
		}
	}, func(sim.Time) {
		if conflict {
			a.c.own.Event(a.api.UID)
			a.work.AddAfter(period)
		}
		a.work.Done(false)
	})
}
