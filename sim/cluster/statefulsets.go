package cluster

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// statefulSet is a StatefulSet and what its controller knows of it.
type statefulSet struct {
	world     *World
	key       string // as records name it
	api       *appsv1.StatefulSet
	revisions []*appsv1.ControllerRevision
	claims    []*v1.PersistentVolumeClaim
	pods      []*pod
	work      manager.Key
	refused   bool // the API server refused a write of the sync under way
	revision  string
	phase     record.RolloutPhase // of the rollout, as last recorded
	deleted   bool
}

func (w *World) addStatefulSet(o *appsv1.StatefulSet) {
	ss := &statefulSet{world: w, key: workloadKey(o.Namespace, "StatefulSet", o.Name), api: o}
	ss.work.Init(w.controllers.statefulSet.Queue, ss.sync)
	w.statefulSets.put(key(o.Namespace, o.Name), ss)
	w.scheduler.upstream.Set(o)
	ss.enqueue()
}

func (ss *statefulSet) addPod(p *pod) { ss.pods = append(ss.pods, p) }

func (ss *statefulSet) removePod(p *pod) {
	ss.pods = without(ss.pods, p)
	ss.collectClaims(p.api.UID)
}

func (ss *statefulSet) podWritten() { retry(&ss.work) }

// podReady lets the controller look again when a pod that got ready is available
// (updatePod).
func (ss *statefulSet) podReady() {
	if seconds := ss.api.Spec.MinReadySeconds; seconds > 0 {
		ss.work.AddAfter(time.Duration(seconds) * time.Second)
	}
}

func (ss *statefulSet) size() (*disruption.Scale, error) {
	return &disruption.Scale{UID: ss.api.UID, Replicas: *ss.api.Spec.Replicas}, nil
}

// enqueue adds the StatefulSet to the work queue. A sync begins only when the
// writes of the one before are visible (the controller's consistency store).
func (ss *statefulSet) enqueue() { ss.work.Add() }

// update is a write of the spec by somebody.
func (ss *statefulSet) update(next *appsv1.StatefulSet) {
	next.Generation = ss.api.Generation
	if !apiequality.Semantic.DeepEqual(next.Spec, ss.api.Spec) {
		next.Generation++
	}
	ss.api = next
	ss.world.scheduler.upstream.Set(next)
	ss.enqueue()
}

// scale sets spec.replicas.
func (ss *statefulSet) scale(replicas int32) { ss.update(statefulset.Scale(ss.api, replicas)) }

func (ss *statefulSet) sync(now sim.Time) {
	v := statefulset.View{StatefulSet: ss.api, Revisions: ss.revisions, Claims: ss.claims}
	for _, p := range ss.pods {
		v.Pods = append(v.Pods, p.api)
	}
	actions, err := statefulset.Sync(v, ss.world.wall(now))
	ss.world.fail(err)
	ss.refused = false
	ss.carryOut(now, ss.stages(actions))
}

// carryOut does the stages of a sync one after the other.
func (ss *statefulSet) carryOut(now sim.Time, stages []stage) {
	if len(stages) == 0 || ss.deleted {
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
// status and nothing else.
func (ss *statefulSet) carryOutSeries(now sim.Time, series []statefulset.Action, done func(sim.Time)) {
	if ss.refused {
		series = slices.DeleteFunc(slices.Clone(series), func(a statefulset.Action) bool {
			_, status := a.(statefulset.UpdateStatus)
			return !status
		})
	}
	if len(series) == 0 || ss.deleted {
		done(now)
		return
	}
	next := func(at sim.Time) { ss.carryOutSeries(at, series[1:], done) }
	client := ss.world.controllers.statefulSet.Client
	switch a := series[0].(type) {
	case statefulset.Event:
		client.Event(ss.api.UID)
		next(now)
	case statefulset.RequeueAfter:
		ss.work.AddAfter(a.After)
		next(now)
	default:
		client.Write(func(at sim.Time) {
			if !ss.deleted {
				ss.write(at, a)
			}
		}, next)
	}
}

// settled is when the writes of a sync are visible.
func (ss *statefulSet) settled() { ss.work.Done(ss.refused) }

// delete removes the StatefulSet; the garbage collector deletes its
// pods and the claims that its retention policy gives up.
func (ss *statefulSet) delete() {
	ss.deleted = true
	ss.work.Drop()
	w := ss.world
	w.scheduler.upstream.Unset(ss.api)
	w.garbage.collectPods(ss.pods, len(ss.revisions), record.OwnerDeleted)
	ss.collectClaims(ss.api.UID)
	w.statefulSets.remove(key(ss.api.Namespace, ss.api.Name))
	w.replenish(ss.api, nil)
}
