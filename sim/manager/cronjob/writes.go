package cronjob

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (cj *state) carryOut(now sim.Time, actions []cronjob.Action) {
	series := manager.Series{
		Client: cj.c.Client, Key: &cj.work, About: cj.api.UID, Do: cj.do, Said: cj.said,
		Over: func() bool { return cj.deleted }, End: cj.ask,
	}
	series.CarryOut(now, actions)
}

func (cj *state) do(now sim.Time, action cronjob.Action, next func(sim.Time)) {
	switch a := action.(type) {
	case cronjob.DeleteJob:
		cj.send(func() { cj.deleteJob(a) }, next)
	case cronjob.CreateJob:
		cj.send(func() { cj.createJob(a) }, func(at sim.Time) {
			all := cj.decide()
			i := slices.IndexFunc(all, func(a cronjob.Action) bool { _, is := a.(cronjob.CreateJob); return is })
			cj.carryOut(at, all[i+1:])
		})
	case cronjob.UpdateStatus:
		cj.send(func() { cj.writeStatus(a.Status) }, func(at sim.Time) {
			if cj.failed { // the rest of the sync is not done
				cj.ask(at)
				return
			}
			next(at)
		})
	case cronjob.Retry:
		cj.failed = true
		next(now)
	}
}

// send makes one write and waits for its answer.
func (cj *state) send(write func(), next func(sim.Time)) {
	cj.c.Write(func(sim.Time) {
		if !cj.deleted {
			write()
		}
	}, next)
}

// ask ends a sync. After one that has made a Job the next comes at once, sees
// the Job but not yet that it is on the list, and asks the API server, which
// takes a turn at the client.
func (cj *state) ask(now sim.Time) {
	if a := cj.seen.Answer; a == nil || a.Err != nil || cj.deleted {
		cj.settled(now)
		return
	}
	cj.c.Read(cj.settled)
}

// deleteJob deletes a Job, unless it went in the meantime.
func (cj *state) deleteJob(a cronjob.DeleteJob) {
	o := cj.c.Stored(a.Job)
	if o == nil {
		return
	}
	reason := record.JobForgotten
	if a.Replaced {
		reason = record.JobReplaced
	}
	cj.c.Delete(o, reason)
}

// createJob is a Job sent to the API server, which defaults it and may refuse it.
func (cj *state) createJob(a cronjob.CreateJob) {
	o := a.Job.DeepCopy()
	cronjob.DefaultJob(o)
	cj.making = a.Scheduled
	if err := cj.c.Create(o, apiserver.Request{Workload: cj.key}); err != nil {
		cj.seen.Answer = &cronjob.Answer{Err: err}
		if apierrors.IsAlreadyExists(err) {
			cj.lookUp(o)
		}
		return
	}
	cj.seen.Answer = &cronjob.Answer{Job: o}
}

// lookUp lets the sync under way see the Job that has taken the name of another,
// whoever made it.
func (cj *state) lookUp(o *batchv1.Job) {
	taken, _ := apiserver.Find[*batchv1.Job](cj.c.Store, o.Namespace, o.Name)
	stored := cj.seen.StoredJob
	cj.seen.StoredJob = func(namespace, name string) *batchv1.Job {
		if name == o.Name {
			return taken
		}
		return stored(namespace, name)
	}
}

// writeStatus is refused when the CronJob is not what the sync began with any
// more.
func (cj *state) writeStatus(status batchv1.CronJobStatus) {
	next := cj.seen.CronJob.DeepCopy()
	next.Status = status
	if cj.c.UpdateStatus(cj.seen.CronJob, next) != nil {
		cj.failed = true
	}
}
