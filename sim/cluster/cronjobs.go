package cluster

import (
	batchv1 "k8s.io/api/batch/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// cronJob is a CronJob and what its controller knows of it.
type cronJob struct {
	world   *World
	key     string // as records name it
	api     *batchv1.CronJob
	jobs    []*batchJob
	names   *podNames // of the pods of all its Jobs
	work    manager.Key
	seen    cronjob.View // of the sync under way
	began   sim.Time     // that sync
	failed  bool         // it, too
	times   cronTimes
	deleted bool
}

func (w *World) addCronJob(o *batchv1.CronJob) {
	cj := &cronJob{
		world: w, key: workloadKey(o.Namespace, "CronJob", o.Name), api: o,
		names: w.podNames("CronJob/"+key(o.Namespace, o.Name), o.Namespace),
	}
	cj.times.begin(o)
	cj.work.Init(w.controllers.cronJob.Queue, cj.sync)
	w.cronJobs.put(key(o.Namespace, o.Name), cj)
	w.scheduler.upstream.Set(o)
	cj.enqueue()
}

// enqueue adds the CronJob to the work queue, which any change of its Jobs does.
func (cj *cronJob) enqueue() { cj.work.Add() }

// update is a write of the spec by somebody.
func (cj *cronJob) update(next *batchv1.CronJob) {
	now := cj.world.loop.Now()
	if !apiequality.Semantic.DeepEqual(next.Spec, cj.api.Spec) {
		next.Generation++
	}
	after, looked, _ := cronjob.Changed(cj.api, next, cj.world.wall(now))
	cj.times.changed(cj, next)
	cj.api = next
	cj.world.scheduler.upstream.Set(next)
	switch {
	case !looked:
	case after <= 0:
		cj.enqueue()
	default:
		cj.work.AddAfter(after)
	}
}

func (cj *cronJob) sync(now sim.Time) {
	cj.times.passed(cj)
	v := cronjob.View{CronJob: cj.api, StoredCronJob: cj.api}
	stored := map[string]*batchv1.Job{}
	for _, j := range cj.jobs {
		v.Jobs = append(v.Jobs, j.api)
		stored[key(j.api.Namespace, j.api.Name)] = j.api
	}
	v.StoredJob = func(namespace, name string) *batchv1.Job { return stored[key(namespace, name)] }
	cj.failed, cj.seen, cj.began = false, v, now
	cj.carryOut(now, cj.decide())
}

// decide is the sync under way as far as it can be told.
func (cj *cronJob) decide() []cronjob.Action {
	actions, err := cronjob.Sync(cj.seen, cj.world.wall(cj.began))
	cj.world.fail(err)
	return actions
}

// settled is when the writes of a sync are visible.
func (cj *cronJob) settled(sim.Time) {
	cj.seen = cronjob.View{}
	cj.work.Done(cj.failed)
}

// jobChanged tells that a Job was created, changed or deleted.
func (cj *cronJob) jobChanged() { cj.enqueue() }

func (cj *cronJob) removeJob(j *batchJob) {
	cj.jobs = without(cj.jobs, j)
	cj.jobChanged()
}

// delete removes the CronJob; the garbage collector deletes its Jobs and their
// pods.
func (cj *cronJob) delete() {
	w := cj.world
	cj.times.passed(cj)
	cj.deleted = true
	cj.work.Drop()
	w.scheduler.upstream.Unset(cj.api)
	w.cronJobs.remove(key(cj.api.Namespace, cj.api.Name))
	w.replenish(cj.api, nil)
	for _, j := range cj.jobs {
		w.garbage.collect(func() any { return j.api }, func() { j.delete(record.OwnerDeleted) })
	}
}
