package cluster

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	jobutil "k8s.io/kubernetes/pkg/controller/job/util"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// batchJob is a Job and what its controller knows of it.
type batchJob struct {
	world    *World
	key      string   // of the workload, as records name it: the CronJob when there is one
	owner    *cronJob // nil for a Job of its own
	api      *batchv1.Job
	pods     []*pod
	memory   job.Memory
	work     manager.Key
	seen     job.View // of the sync under way
	conflict bool     // somebody changed the Job since the sync under way began
	names    *podNames
	ttl      manager.Key
	phase    record.JobPhase // as last recorded
	told     [2]int32
	deleted  bool
}

// addJob takes in a new Job; owner is nil unless a CronJob has made it.
func (w *World) addJob(o *batchv1.Job, owner *cronJob) *batchJob {
	j := &batchJob{world: w, key: workloadKey(o.Namespace, "Job", o.Name), api: o, owner: owner}
	if owner != nil {
		j.key, j.names = owner.key, owner.names
	} else {
		j.names = w.podNames("Job/"+key(o.Namespace, o.Name), o.Namespace)
	}
	j.work.Init(w.controllers.job.Queue, j.sync)
	j.ttl.Init(w.controllers.ttl.Queue, j.expire)
	w.jobs.put(key(o.Namespace, o.Name), j)
	w.scheduler.upstream.Set(o)
	j.follow()
	j.enqueueNow()
	return j
}

func (j *batchJob) addPod(p *pod) { j.pods = append(j.pods, p) }

func (j *batchJob) removePod(p *pod) { j.pods = without(j.pods, p) }

func (j *batchJob) size() (*disruption.Scale, error) { return nil, disruption.NoScale("jobs.batch") }

// enqueue is what a change of a pod or of the status does: a sync comes a little
// later and sees more of them (enqueueSyncJobBatched in
// pkg/controller/job/job_controller.go).
func (j *batchJob) enqueue() { j.work.AddAfter(job.BatchPeriod) }

// podWritten: the sync counts restarts, and others wait for its second.
func (j *batchJob) podWritten() { j.enqueue() }

// enqueueNow is what a new spec does (enqueueSyncJobImmediately).
func (j *batchJob) enqueueNow() { j.work.Add() }

// update is a write of the spec by somebody.
func (j *batchJob) update(next *batchv1.Job) {
	changed := next.Generation != j.api.Generation
	j.api = next
	j.world.scheduler.upstream.Set(next)
	j.follow()
	j.tellOwner()
	if changed {
		j.enqueueNow()
	} else {
		j.enqueue()
	}
}

func (j *batchJob) sync(now sim.Time) {
	v := job.View{Job: j.api, Memory: j.memory}
	for _, p := range j.pods {
		v.Pods = append(v.Pods, p.api)
	}
	actions, err := job.Sync(v, j.world.wall(now))
	j.world.fail(err)
	j.conflict, j.seen = false, v
	j.carryOut(now, actions)
}

// settled is when the writes of a sync are visible.
func (j *batchJob) settled() {
	failed := j.conflict || j.seen.Refused > 0
	j.seen = job.View{}
	j.work.Done(failed)
}

// delete removes the Job. The garbage collector deletes its pods, and the
// controller takes its finalizer off them (syncOrphanPodsBySelector).
func (j *batchJob) delete(reason record.Deletion) {
	w := j.world
	j.deleted = true
	j.work.Drop()
	j.ttl.Drop()
	w.scheduler.upstream.Unset(j.api)
	w.jobs.remove(key(j.api.Namespace, j.api.Name))
	w.replenish(j.api, nil)
	j.recordChange(record.JobDeleted, string(reason), "")
	if j.owner != nil {
		j.owner.removeJob(j)
	}
	w.garbage.collectPods(j.pods, 0, reason)
	orphans, work := j.pods, new(manager.Key)
	work.Init(w.controllers.orphans, func(sim.Time) { w.releaseOrphans(orphans, work) })
	work.Add()
}

// releaseOrphans takes the finalizer off the pods of a deleted Job, one after the
// other.
func (w *World) releaseOrphans(pods []*pod, work *manager.Key) {
	i := slices.IndexFunc(pods, (*pod).held)
	if i < 0 {
		work.Done(false)
		return
	}
	w.controllers.job.Write(func(sim.Time) { pods[i].release() }, func(sim.Time) { w.releaseOrphans(pods[i+1:], work) })
}

// expire deletes the Job at the end of its ttlSecondsAfterFinished, after another
// look at it (ttlafterfinished_controller.go, processJob).
func (j *batchJob) expire(now sim.Time) {
	client := j.world.controllers.ttl
	if !j.expired(now) {
		j.ttl.Done(false)
		return
	}
	client.Read(func(now sim.Time) {
		if !j.expired(now) {
			j.ttl.Done(false)
			return
		}
		client.Write(func(sim.Time) {
			if !j.deleted {
				j.delete(record.JobExpired)
			}
		}, func(sim.Time) { j.ttl.Done(false) })
	})
}

// expired reports whether the Job is to go now; if later, it is looked at then.
func (j *batchJob) expired(now sim.Time) bool {
	left, due := job.TTL(j.api, j.world.wall(now))
	if due && left > 0 {
		j.ttl.AddAfter(left)
	}
	return due && left == 0 && !j.deleted
}

func (j *batchJob) tellOwner() {
	if j.owner != nil {
		j.owner.jobChanged()
	}
}

func (j *batchJob) suspended() bool { return j.api.Spec.Suspend != nil && *j.api.Spec.Suspend }

// follow records the turns in the Job's life, from its status.
func (j *batchJob) follow() {
	s := &j.api.Status
	phase, reason, message := record.JobRunning, "", ""
	switch finished, kind := jobutil.FinishedCondition(j.api); {
	case finished:
		phase = map[batchv1.JobConditionType]record.JobPhase{batchv1.JobComplete: record.JobComplete, batchv1.JobFailed: record.JobFailed}[kind]
		for _, c := range s.Conditions {
			if c.Type == kind {
				reason, message = c.Reason, c.Message
			}
		}
		if j.api.Spec.TTLSecondsAfterFinished != nil {
			j.ttl.Add()
		}
	case j.suspended():
		phase = record.JobHeld
	case s.StartTime == nil:
		return
	}
	counts := [2]int32{s.Succeeded, s.Failed}
	if phase != j.phase || counts != j.told {
		j.phase, j.told = phase, counts
		j.recordChange(phase, reason, message)
	}
}

func (j *batchJob) recordChange(phase record.JobPhase, reason, message string) {
	s := &j.api.Status
	r := record.JobChanged{
		At: j.world.at(), Workload: j.key, Phase: phase, Reason: reason, Message: message,
		Active: s.Active, Succeeded: s.Succeeded, Failed: s.Failed,
	}
	if j.owner != nil {
		r.Job = key(j.api.Namespace, j.api.Name)
	}
	if s.FailedIndexes != nil {
		r.FailedIndexes = *s.FailedIndexes
	}
	j.world.record(r)
}
