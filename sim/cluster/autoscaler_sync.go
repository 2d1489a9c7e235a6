package cluster

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// autoscaling is the controller of autoscalers: its queue, and a client for each
// API that it talks to (cmd/kube-controller-manager/app/autoscaling.go,
// newHorizontalPodAutoscalerController).
type autoscaling struct {
	*manager.Queue
	own                        *manager.Client // statuses and events
	scale                      *manager.Client // the scale subresource
	resource, custom, external *manager.Client // metrics
}

func newAutoscaling(server *manager.Server, workers int, latency time.Duration) autoscaling {
	options := manager.Options{Workers: workers, Latency: latency}
	c := server.NewController(options)
	client := func() *manager.Client { return c.Beside(options) }
	return autoscaling{Queue: c.Queue, own: c.Client, scale: client(), resource: client(), custom: client(), external: client()}
}

// sync asks for the scale and then for the metrics, one after the other; a worker
// of the controller waits for the answers, which take Latencies.Autoscaler in all.
func (a *autoscaler) sync(sim.Time) {
	w := a.world
	w.controllers.autoscaling.scale.ReadIn(w.spec.Latencies.Autoscaler, func(now sim.Time) { a.ask(now, a.asked(), a.decide) })
}

// ask takes a turn at each client and then goes on.
func (a *autoscaler) ask(now sim.Time, clients []*manager.Client, then func(sim.Time)) {
	if len(clients) == 0 {
		then(now)
		return
	}
	clients[0].ReadIn(0, func(at sim.Time) { a.ask(at, clients[1:], then) })
}

// asked are the clients that a sync asks for metrics, in order: none when the size
// is out of bounds, which decides without.
func (a *autoscaler) asked() (list []*manager.Client) {
	c, t := &a.world.controllers.autoscaling, a.target()
	if t.scale == nil || t.scale.Spec.Replicas > a.api.Spec.MaxReplicas || t.scale.Spec.Replicas < ptr.Deref(a.api.Spec.MinReplicas, 1) {
		return nil
	}
	for _, m := range a.api.Spec.Metrics {
		switch m.Type {
		case autoscalingv2.ExternalMetricSourceType:
			list = append(list, c.external)
		case autoscalingv2.PodsMetricSourceType, autoscalingv2.ObjectMetricSourceType:
			list = append(list, c.custom)
		default:
			list = append(list, c.resource)
		}
	}
	return list
}

// decide is the rest of a sync: the decision, then the writes of the scale and of
// the status, one after the other.
func (a *autoscaler) decide(now sim.Time) {
	if a.deleted {
		a.work.Done(false)
		return
	}
	w, t := a.world, a.target()
	d, err := hpa.Reconcile(w.autoscalerConfig(), &a.state, a.view(now, t), w.wall(now))
	if err != nil {
		w.fail(err)
		return
	}
	a.record(d, t.key)
	for range d.Events {
		w.controllers.autoscaling.own.Event(a.api.UID)
	}
	if !d.Rescale {
		a.writeStatus(d.Status)
		return
	}
	w.controllers.autoscaling.scale.Write(func(sim.Time) {
		if t := a.target(); t.scale != nil {
			w.record(record.Scaled{At: w.at(), Workload: t.key, From: d.Current, To: d.Desired, By: record.ByAutoscaler})
			t.write(d.Desired)
		}
	}, func(sim.Time) { a.writeStatus(d.Status) })
}

// writeStatus ends a sync (updateStatusIfNeeded). The next comes a period after
// the change of the status is seen, or else after the end.
func (a *autoscaler) writeStatus(status autoscalingv2.HorizontalPodAutoscalerStatus) {
	period := a.world.autoscalerConfig().SyncPeriod
	if apiequality.Semantic.DeepEqual(a.api.Status, status) {
		a.work.AddAfter(period)
		a.work.Done(false)
		return
	}
	a.world.controllers.autoscaling.own.Write(func(sim.Time) {
		next := a.api.DeepCopy()
		next.Status = status
		a.api = next
		a.work.AddAfter(period)
	}, func(sim.Time) { a.work.Done(false) })
}
