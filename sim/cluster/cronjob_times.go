package cluster

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// cronTimes follows what becomes of the times of a CronJob's schedule: of the
// times that are due the controller makes the last one's Job, and passes over
// those before.
type cronTimes struct {
	settled time.Time // until when it is known
	held    time.Time // the time of which was last said that its Job can't start
	why     string    // it can't, "" when nobody said
}

func (t *cronTimes) begin(o *batchv1.CronJob) { t.settled = o.CreationTimestamp.Time }

// due are the times that nothing has become of yet.
func (t *cronTimes) due(cj *cronJob) (list []time.Time) {
	schedule := cronjob.Schedule(cj.api)
	if schedule == nil {
		return nil
	}
	now := cj.world.wall(cj.world.loop.Now())
	for next := schedule.Next(t.settled); !next.IsZero() && !next.After(now); next = schedule.Next(next) {
		list = append(list, next)
	}
	return list
}

// passed settles all times but the last that is due: they will not be made up
// for. Those of a suspension are nobody's loss.
func (t *cronTimes) passed(cj *cronJob) {
	due := t.due(cj)
	if len(due) < 2 {
		return
	}
	over := due[:len(due)-1]
	t.settled = over[len(over)-1]
	if !suspended(cj.api) {
		t.skip(cj, over)
	}
}

func suspended(o *batchv1.CronJob) bool { return ptr.Deref(o.Spec.Suspend, false) }

func (t *cronTimes) skip(cj *cronJob, over []time.Time) {
	reason := t.why
	if reason == "" && cj.api.Spec.StartingDeadlineSeconds != nil {
		reason = "StartingDeadline"
	}
	last := over[len(over)-1]
	cj.record(record.CronJobRun{Phase: record.CronSkipped, Scheduled: cj.instant(last), Reason: reason, Count: int64(len(over))})
	if !t.held.After(last) {
		t.why = ""
	}
}

// told keeps why the Job of a time is not started.
func (t *cronTimes) told(cj *cronJob, e cronjob.Event) {
	if e.Reason != "JobAlreadyActive" && e.Reason != "FailedCreate" {
		return
	}
	due := t.due(cj)
	if len(due) == 0 || due[len(due)-1].Equal(t.held) {
		return
	}
	t.passed(cj)
	t.held, t.why = due[len(due)-1], e.Reason
	cj.record(record.CronJobRun{Phase: record.CronHeld, Scheduled: cj.instant(t.held), Reason: e.Reason, Message: e.Message})
}

func (t *cronTimes) started(cj *cronJob, o *batchv1.Job, scheduled time.Time) {
	t.passed(cj)
	if scheduled.After(t.settled) {
		t.settled = scheduled
	}
	t.why = ""
	cj.record(record.CronJobRun{Phase: record.CronStarted, Scheduled: cj.instant(scheduled), Job: key(o.Namespace, o.Name), Count: 1})
}

// changed is a write of the spec: what was due by the old schedule, or before a
// suspension, is lost, but for the last time after a suspension.
func (t *cronTimes) changed(cj *cronJob, next *batchv1.CronJob) {
	t.passed(cj)
	if due := t.due(cj); len(due) > 0 && !suspended(cj.api) && suspended(next) {
		t.settled = due[0]
		t.skip(cj, due)
	}
	if cj.api.Spec.Schedule != next.Spec.Schedule || !ptr.Equal(cj.api.Spec.TimeZone, next.Spec.TimeZone) {
		t.settled = cj.world.wall(cj.world.loop.Now())
	}
}

func (cj *cronJob) instant(t time.Time) sim.Time { return sim.Time(t.Sub(cj.world.start())) }

func (cj *cronJob) record(r record.CronJobRun) {
	r.At, r.Workload = cj.world.at(), cj.key
	cj.world.record(r)
}

// recordCronJobs settles what is over at the end of the run.
func (w *World) recordCronJobs() {
	for _, cj := range w.cronJobs.inOrder() {
		cj.times.passed(cj)
	}
}
