package cluster

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
)

// cronJob is a CronJob and what its controller knows of it.
type cronJob struct {
	world   *World
	key     string // as records name it
	api     *batchv1.CronJob
	jobs    []*batchJob
	names   *podNames // of the pods of all its Jobs
	work    workKey
	later   sim.Timer    // when its key leaves the delaying part of the work queue
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
	cj.later.Init(w.loop, sim.PhaseControl, func(sim.Time) { cj.enqueue() })
	w.cronJobs.put(key(o.Namespace, o.Name), cj)
	w.scheduler.upstream.Set(o)
	cj.enqueue()
}

// enqueue adds the CronJob to the work queue, which any change of its Jobs does.
func (cj *cronJob) enqueue() {
	switch {
	case cj.deleted || cj.work.queued:
	case cj.work.busy:
		cj.work.again = true
	default:
		cj.work.queued = true
		cj.world.loop.After(cj.world.spec.Latencies.CronJob, sim.PhaseControl, sim.Func(func(now sim.Time) {
			cj.world.cronJobWorkers.take(now, cj.sync)
		}))
	}
}

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
		addAfter(&cj.later, now.Add(after))
	}
}

// sync has a worker until its writes are answered.
func (cj *cronJob) sync(now sim.Time) {
	cj.work.queued = false
	if cj.deleted {
		cj.world.cronJobWorkers.give(now)
		return
	}
	cj.times.passed(cj)
	v := cronjob.View{CronJob: cj.api, StoredCronJob: cj.api}
	stored := map[string]*batchv1.Job{}
	for _, j := range cj.jobs {
		v.Jobs = append(v.Jobs, j.api)
		stored[key(j.api.Namespace, j.api.Name)] = j.api
	}
	v.StoredJob = func(namespace, name string) *batchv1.Job { return stored[key(namespace, name)] }
	cj.work.busy, cj.failed, cj.seen, cj.began = true, false, v, now
	cj.carryOut(now, cj.decide())
}

// decide is the sync under way as far as it can be told.
func (cj *cronJob) decide() []cronjob.Action {
	actions, err := cronjob.Sync(cj.seen, cj.world.wall(cj.began))
	cj.world.fail(err)
	return actions
}

// settled is when the writes of a sync are visible.
func (cj *cronJob) settled(now sim.Time) {
	cj.seen = cronjob.View{}
	cj.world.settle(&cj.work, cj.failed, cj.enqueue)
	cj.world.cronJobWorkers.give(now)
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
	cj.later.Stop()
	w.scheduler.upstream.Unset(cj.api)
	w.cronJobs.remove(key(cj.api.Namespace, cj.api.Name))
	w.replenish(cj.api, nil)
	for _, j := range slices.Clone(cj.jobs) {
		j.delete("owner-deleted")
	}
}

// workers are those of a controller: a sync occupies one until its last write is
// answered, and others wait in the order in which they came.
type workers struct {
	busy    int
	waiting []func(sim.Time)
}

// concurrentCronJobSyncs is --concurrent-cron-job-syncs.
const concurrentCronJobSyncs = 5

func (w *workers) take(now sim.Time, sync func(sim.Time)) {
	if w.busy == concurrentCronJobSyncs {
		w.waiting = append(w.waiting, sync)
		return
	}
	w.busy++
	sync(now)
}

func (w *workers) give(now sim.Time) {
	if len(w.waiting) == 0 {
		w.busy--
		return
	}
	next := w.waiting[0]
	w.waiting = w.waiting[1:]
	next(now)
}
