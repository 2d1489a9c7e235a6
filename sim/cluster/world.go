package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/admission"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// World is one replication of a Spec.
type World struct {
	spec        *Spec
	replication int
	loop        *sim.Loop
	server      *manager.Server
	streams     sim.Streams
	sink        record.Sink
	err         error // the first of sink or of a decider

	scheduler   *scheduler
	nodes       map[string]*node
	nodeOrder   []*node
	memberships int // changes of nodeOrder
	pools       []*pool

	pods         table[*pod]
	deployments  table[*deployment]
	replicaSets  table[*replicaSet]
	statefulSets table[*statefulSet]
	jobs         table[*batchJob]
	cronJobs     table[*cronJob]
	daemonSets   table[*daemonSet]
	services     table[*service]
	network      *load.Network
	autoscalers  table[*autoscaler]
	budgets      table[*budget]
	metrics      *metricsServer
	monitoring   *monitoring
	lifecycle    *lifecycle
	absent       map[ObjectRef]bool
	claims       map[string]*v1.PersistentVolumeClaim
	madeClaims   table[*v1.PersistentVolumeClaim] // those of them that a controller created
	others       table[runtime.Object]            // what is only counted, by resource, namespace and name
	admission    *admission.Admission
	quotas       quotaController
	refusals     table[*refusals] // by workload and kind of the object

	scaledObjects table[*scaledObject]

	controllers controllers
	garbage     *garbage

	drains      []*drain // that go on
	step        int      // of the timeline that is carried out, from 1; 0 is none
	window      sim.Time
	serial      int64 // of UIDs and resource versions
	ordinals    map[string]int
	described   map[string]int // Spec.Workloads by the container they name in full
	patterns    []int          // the others
	killRandom  *rand.Rand
	nameStreams map[string]*rand.Rand
}

// New builds the world of one replication; its records go to sink. Close it
// after the run.
func New(spec *Spec, replication int, sink record.Sink) (*World, error) {
	w := &World{
		spec:        spec,
		replication: replication,
		loop:        sim.NewLoop(),
		streams:     sim.NewStreams(spec.Seed, replication),
		sink:        sink,
		nodes:       map[string]*node{},
		absent:      map[ObjectRef]bool{},
		nameStreams: map[string]*rand.Rand{},
		window:      windowOf(spec.Duration),
	}
	flags := spec.controllerConfig()
	w.server = manager.NewServer(w.loop, flags)
	w.controllers = newControllers(w.server, flags.Workers, spec.Latencies)
	w.garbage = newGarbage(w.server, flags, spec.Latencies.Deployment)
	upstream, err := sched.New(spec.Scheduler, w.start(), w.loop.Now)
	if err != nil {
		return nil, err
	}
	w.scheduler = newScheduler(w, upstream)
	if w.admission, err = admission.New(func() time.Time { return w.wall(w.loop.Now()) }, w.list); err != nil {
		return nil, err
	}
	w.quotas = quotaController{world: w, keys: map[string]*manager.Key{}}
	w.network = load.NewNetwork(w.loop, w.streams, replication, w.window, w.record)
	w.metrics = newMetricsServer(w)
	w.monitoring = newMonitoring(w)
	w.addQueues()
	for _, e := range spec.Externals {
		w.network.External(e)
	}
	if w.lifecycle, err = newLifecycle(w); err != nil {
		return nil, err
	}
	return w, nil
}

// Close stops what upstream started.
func (w *World) Close() { w.scheduler.upstream.Close() }

// Now is how far the simulation is.
func (w *World) Now() sim.Time { return w.loop.Now() }

// Run plays the replication to its end. When ctx is done it stops where it is,
// closes the records and returns an error that wraps ctx.Err().
func (w *World) Run(ctx context.Context) error {
	horizon := sim.Time(w.spec.Duration)
	w.addNodes()
	w.lifecycle.start()
	w.applyAll(w.spec.Objects)
	for _, ref := range w.spec.Absent { // also if a manifest has it
		w.absent[ref] = true
	}
	w.scheduleSteps()
	w.announceOutages(horizon)
	w.startTraffic(horizon)
	w.sampleUsage(horizon)
	w.metrics.start()
	w.monitoring.start()

	err := w.loop.RunUntil(ctx, horizon)
	reason := record.AtHorizon
	switch {
	case err != nil && ctx.Err() == nil:
		reason = record.Broken
	case err != nil:
		reason = record.Interrupted
	}
	w.closeBooks(reason)
	return errors.Join(w.err, err)
}

// closeBooks writes what is only known at the end.
func (w *World) closeBooks(reason record.EndReason) {
	now := w.loop.Now()
	for _, s := range w.network.Services() {
		w.fail(s.Close(now))
	}
	for _, p := range w.pods.inOrder() {
		w.recordContainers(now, p)
	}
	w.recordUsage(now)
	w.recordNodes(now)
	w.recordDrains()
	if reason == record.AtHorizon {
		w.recordHeadroom()
	}
	w.recordBudgets()
	w.recordQuotas()
	w.recordCronJobs()
	w.checkConservation()
	w.record(record.End{At: w.at(), Reason: reason, Events: w.loop.Fired()})
}

// at stamps a record.
func (w *World) at() record.At { return record.At{Replication: w.replication, T: w.loop.Now()} }

func (w *World) record(r record.Record) {
	if err := w.sink.Write(r); err != nil && w.err == nil {
		w.err = err
	}
}

// fail keeps the first internal error; the run goes on to its end, so that
// what was computed is not lost.
func (w *World) fail(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("at %s: %w", w.loop.Now(), err)
	}
}

// start is the wall-clock time of simulation time 0.
func (w *World) start() time.Time {
	if w.spec.Start.IsZero() {
		return DefaultStart
	}
	return w.spec.Start
}

// wall is a simulated instant as API objects show it.
func (w *World) wall(t sim.Time) time.Time { return w.start().Add(time.Duration(t)) }

// uid makes a unique, deterministic UID.
func (w *World) uid() types.UID {
	w.serial++
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", w.serial))
}

// windowOf is how long the windows of counted records are: 720 in a run, but
// at least 10 s each, in whole seconds.
func windowOf(d time.Duration) sim.Time {
	return sim.Time(max(10*time.Second, (d / 720).Truncate(time.Second)))
}

// peakBlock is how long the blocks of memory peaks are: 24 in a run, but at
// least an hour each.
func peakBlock(d time.Duration) time.Duration { return max(time.Hour, d/24) }

// table keeps objects by name and in the order they came, so that a walk over
// them is the same in every run.
type table[T any] struct {
	byKey map[string]T
	order []string
}

func (t *table[T]) get(key string) (T, bool) {
	v, ok := t.byKey[key]
	return v, ok
}

func (t *table[T]) put(key string, v T) {
	if t.byKey == nil {
		t.byKey = map[string]T{}
	}
	if _, known := t.byKey[key]; !known {
		t.order = append(t.order, key)
	}
	t.byKey[key] = v
}

func (t *table[T]) remove(key string) {
	if _, known := t.byKey[key]; !known {
		return
	}
	delete(t.byKey, key)
	for i, k := range t.order {
		if k == key {
			t.order = append(t.order[:i], t.order[i+1:]...)
			return
		}
	}
}

func (t *table[T]) inOrder() []T {
	list := make([]T, 0, len(t.order))
	for _, k := range t.order {
		list = append(list, t.byKey[k])
	}
	return list
}

func key(namespace, name string) string { return namespace + "/" + name }
