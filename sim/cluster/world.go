package cluster

import (
	"context"
	"errors"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubectl"
	"github.com/kube-rehearse/rehearse/sim/machine"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/metrics"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched/loop"
	"github.com/kube-rehearse/rehearse/sim/serving"
)

// World is one replication of a Spec.
type World struct {
	spec      *Spec
	store     *apiserver.Store
	machines  *machine.Machines
	serving   *serving.Serving
	metrics   *metrics.APIs
	scheduler *loop.Scheduler
	user      *kubectl.User

	controllers controllers
	extensions  []manager.Component
}

// New builds the world of one replication; its records go to sink. Close it
// after the run.
func New(spec *Spec, replication int, sink record.Sink) (*World, error) {
	journal := record.NewJournal(sim.NewLoop(), sim.NewStreams(spec.Seed, replication), replication, spec.start(), sink)
	store, err := apiserver.New(journal, spec.Kinds())
	if err != nil {
		return nil, err
	}
	w := &World{spec: spec, store: store}
	if err := w.assemble(); err != nil {
		return nil, err
	}
	w.watch()
	return w, nil
}

// Close stops what upstream started.
func (w *World) Close() { w.scheduler.Close() }

// Now is how far the simulation is.
func (w *World) Now() sim.Time { return w.store.Now() }

// Run plays the replication to its end. When ctx is done it stops where it is,
// closes the records and returns an error that wraps ctx.Err().
func (w *World) Run(ctx context.Context) error {
	horizon := sim.Time(w.spec.Duration)
	w.begin(horizon)
	err := w.store.Loop.RunUntil(ctx, horizon)
	reason := record.AtHorizon
	switch {
	case err != nil && ctx.Err() == nil:
		reason = record.Broken
	case err != nil:
		reason = record.Interrupted
	}
	w.end(reason)
	return errors.Join(w.store.Err(), err)
}

// begin brings the cluster to time 0: machines, then what the manifests hold,
// then all that goes on by itself.
func (w *World) begin(horizon sim.Time) {
	for _, o := range w.spec.Nodes {
		w.machines.Add(o)
	}
	w.controllers.nodes.Start(horizon)
	w.user.ApplyAll(w.spec.Objects)
	for _, ref := range w.spec.Absent { // also if a manifest has it
		w.store.Miss(ref)
	}
	w.user.Schedule()
	w.serving.AnnounceOutages(horizon)
	w.serving.Start(horizon)
	w.machines.Sample(horizon)
	w.metrics.Start(horizon)
	for _, c := range w.components() {
		c.Start(horizon)
	}
}

// end writes what is only known at the end.
func (w *World) end(reason record.EndReason) {
	now := w.Now()
	w.serving.Close(now)
	w.machines.RecordEnd(now)
	w.user.Close()
	if reason == record.AtHorizon {
		w.headroom()
		w.scheduler.MoreNodes(w.spec.Nodes, w.spec.Pools)
	}
	for _, c := range w.components() {
		c.Close(now)
	}
	w.serving.CheckConservation()
	w.store.Record(record.End{At: w.store.At(), Reason: reason, Events: w.store.Loop.Fired()})
}

// headroom records how many more replicas of each workload would fit.
func (w *World) headroom() {
	for _, c := range w.controllers.replicaSet.AnotherPods() {
		w.scheduler.Headroom(c)
	}
	for _, c := range w.controllers.statefulSet.AnotherPods() {
		w.scheduler.Headroom(c)
	}
}
