package cluster

import (
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubectl"
	"github.com/kube-rehearse/rehearse/sim/machine"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/metrics"
	"github.com/kube-rehearse/rehearse/sim/sched/loop"
	"github.com/kube-rehearse/rehearse/sim/serving"
)

// assemble makes all parts of the cluster and gives them to each other.
func (w *World) assemble() (err error) {
	spec, latencies := w.spec, w.spec.Latencies
	window := sim.Time(spec.window())
	w.user = kubectl.New(w.store, spec.Timeline)
	w.machines = machine.New(w.store, machine.Options{
		Pools: spec.Pools, ImageBandwidth: spec.ImageBandwidth, SerializePulls: spec.SerializePulls, Eviction: spec.Eviction,
		MaxParallelPulls: spec.MaxParallelPulls, MaxRestartPeriod: spec.MaxRestartPeriod,
		SingleProcessOOMKill: spec.SingleProcessOOMKill, Runtime: spec.Runtime, Latency: latencies.Kubelet,
		Shutdown: spec.Shutdown, PeakBlock: spec.peakBlock(), Window: window, Ticking: spec.slow,
	})
	w.serving = serving.New(w.store, serving.Options{
		Workloads: spec.Workloads, Traffic: spec.Traffic, Queues: spec.Queues, Externals: spec.Externals, Window: window,
	})
	w.metrics = metrics.New(w.store, metrics.Config{
		MetricsServer: spec.metricsServer(), Monitoring: spec.Monitoring, Metrics: spec.Metrics,
	}, metrics.Sources{Machines: w.machines, Instances: w.serving, Network: w.serving.Network, Queue: w.serving.Queue})
	w.serving.Open()

	parts := &manager.Parts{
		Store: w.store, Server: manager.NewServer(w.store.Loop, spec.controllers()),
		Metrics: w.metrics, OperatorTime: latencies.Autoscaler,
	}
	if w.scheduler, err = loop.New(parts, spec.Scheduler, latencies.Scheduler); err != nil {
		return err
	}
	if w.controllers, err = newControllers(parts, spec, w.machines, w.serving, w.metrics); err != nil {
		return err
	}
	for _, e := range spec.Extensions {
		c, err := e.New(parts)
		if err != nil {
			return err
		}
		w.extensions = append(w.extensions, c)
	}

	w.store.SetKubelets(w.machines)
	w.machines.SetPrograms(w.serving)
	w.machines.SetMonitor(w.metrics)
	w.machines.SetVolumes(w.controllers.attach)
	w.machines.SetDevices(w.controllers.devices)
	w.controllers.devices.SetClaimed(w.machines.Claimed)
	w.machines.SetWake(w.controllers.nodes.Wake)
	w.metrics.Autoscaled = w.controllers.autoscaling.Autoscaled
	w.user.Cluster = kubectl.Cluster{
		Rollouts: rollouts, Machines: machines{w.machines, w.scheduler},
		Evict: w.controllers.disruption.Evict, BudgetsOf: w.controllers.disruption.BudgetsOf,
		SetMetric: func(a SetMetric) { w.metrics.Set(a.Namespace, a.Name, a.Value.MilliValue()) },
	}
	return nil
}

// watch registers who is told of changes, in the order in which they are told.
func (w *World) watch() {
	c := &w.controllers
	for kind, strategy := range strategies {
		w.store.SetStrategy(kind, strategy)
	}
	for _, o := range []apiserver.Watcher{
		w.serving, w.scheduler, c.replicaSet, c.deployment, c.statefulSet, c.nodes, c.daemonSet,
		c.quota, c.ttl, c.cronJob, c.garbage, c.job, c.disruption, c.endpoints, c.autoscaling,
		c.volume, c.attach, c.claims, c.devices,
	} {
		w.store.Watch(o)
	}
	for _, o := range []apiserver.PodWatcher{
		w.machines, c.quota, c.deployment, c.nodes, w.scheduler, c.replicaSet, c.statefulSet, c.daemonSet, c.job,
		c.disruption, c.endpoints, c.autoscaling, c.garbage, c.volume,
		c.attach, c.claims, c.devices,
	} {
		w.store.WatchPods(o)
	}
	for _, e := range w.extensions {
		if o, is := e.(apiserver.Watcher); is {
			w.store.Watch(o)
		}
		if o, is := e.(apiserver.PodWatcher); is {
			w.store.WatchPods(o)
		}
	}
}

// components are the parts with a life of their own beside the nodes' controller,
// which begins before the objects are there.
func (w *World) components() []manager.Component {
	c := &w.controllers
	return append([]manager.Component{c.daemonSet, c.disruption, c.quota, c.cronJob}, w.extensions...)
}

// machines lets kubectl add several machines at once, at which the scheduler
// looks together.
type machines struct {
	*machine.Machines
	scheduler *loop.Scheduler
}

func (m machines) Join(nodes []*v1.Node) {
	for _, o := range nodes {
		m.Machines.Join(o)
	}
	m.scheduler.Kick()
}
