package cluster

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// carryOut does the actions of a sync one after the other: the worker waits for
// the answer to each write, which takes its turn at the controller's client.
func (cj *cronJob) carryOut(now sim.Time, actions []cronjob.Action) {
	if len(actions) == 0 || cj.deleted {
		cj.ask(now)
		return
	}
	next := func(at sim.Time) { cj.carryOut(at, actions[1:]) }
	switch a := actions[0].(type) {
	case cronjob.DeleteJob:
		cj.send(func(sim.Time) { cj.deleteJob(a) }, next)
	case cronjob.CreateJob:
		cj.send(func(at sim.Time) { cj.createJob(at, a) }, func(at sim.Time) {
			all := cj.decide()
			i := slices.IndexFunc(all, func(a cronjob.Action) bool { _, is := a.(cronjob.CreateJob); return is })
			cj.carryOut(at, all[i+1:])
		})
	case cronjob.UpdateStatus:
		cj.send(func(sim.Time) { cj.writeStatus(a.Status) }, func(at sim.Time) {
			if cj.failed { // the rest of the sync is not done
				cj.ask(at)
				return
			}
			next(at)
		})
	case cronjob.RequeueAfter:
		cj.work.AddAfter(a.After)
		next(now)
	case cronjob.Retry:
		cj.failed = true
		next(now)
	case cronjob.Event:
		cj.world.controllers.cronJob.Event(cj.api.UID)
		cj.times.told(cj, a)
		next(now)
	}
}

// send makes one write and waits for its answer.
func (cj *cronJob) send(write, next func(sim.Time)) {
	cj.world.controllers.cronJob.Write(func(now sim.Time) {
		if !cj.deleted {
			write(now)
		}
	}, next)
}

// ask ends a sync. After one that has made a Job the next comes at once, sees
// the Job but not yet that it is on the list, and asks the API server, which
// takes a turn at the client.
func (cj *cronJob) ask(now sim.Time) {
	if a := cj.seen.Answer; a == nil || a.Err != nil || cj.deleted {
		cj.settled(now)
		return
	}
	cj.world.controllers.cronJob.Read(cj.settled)
}

func (cj *cronJob) deleteJob(a cronjob.DeleteJob) {
	j, known := cj.world.jobs.get(key(a.Job.Namespace, a.Job.Name))
	if !known || j.api.UID != a.Job.UID {
		return // it went in the meantime
	}
	reason := record.JobForgotten
	if a.Replaced {
		reason = record.JobReplaced
	}
	j.delete(reason)
}

// createJob is a Job sent to the API server, which defaults it and may refuse it.
func (cj *cronJob) createJob(now sim.Time, a cronjob.CreateJob) {
	w, o := cj.world, a.Job.DeepCopy()
	cronjob.DefaultJob(o)
	cj.seen.Answer = &cronjob.Answer{}
	if taken, known := w.jobs.get(key(o.Namespace, o.Name)); known {
		cj.seen.Answer.Err = apierrors.NewAlreadyExists(batchv1.Resource("jobs"), o.Name)
		stored := cj.seen.StoredJob
		cj.seen.StoredJob = func(namespace, name string) *batchv1.Job {
			if name == o.Name {
				return taken.api
			}
			return stored(namespace, name)
		}
		return
	}
	if err := w.admission.AdmitObject(o); err != nil {
		w.refused(cj.key, o, err)
		cj.seen.Answer.Err = err
		return
	}
	w.taken(cj.key, "Job")
	job.AdmitCreate(o, w.uid(), w.wall(now))
	cj.seen.Answer.Job = o
	cj.times.started(cj, o, a.Scheduled)
	cj.jobs = append(cj.jobs, w.addJob(o, cj))
	cj.jobChanged()
}

// writeStatus is refused when the CronJob is not what the sync began with any
// more.
func (cj *cronJob) writeStatus(status batchv1.CronJobStatus) {
	if cj.api != cj.seen.CronJob {
		cj.failed = true
		return
	}
	next := cj.api.DeepCopy()
	next.Status = status
	cj.api = next
	cj.enqueue()
}
