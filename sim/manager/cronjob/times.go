package cronjob

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// times keeps what became of each time of a CronJob's schedule. When several times
// are due, the controller makes the Job of the last one and skips the others.
type times struct {
	settled time.Time // until when it is known
	held    time.Time // the time of which was last said that its Job can't start
	why     string    // it can't, "" when nobody said
}

// due are the times that nothing has become of yet.
func (cj *state) due() (list []time.Time) {
	schedule := cronjob.Schedule(cj.api)
	if schedule == nil {
		return nil
	}
	now := cj.c.WallNow()
	for next := schedule.Next(cj.times.settled); !next.IsZero() && !next.After(now); next = schedule.Next(next) {
		list = append(list, next)
	}
	return list
}

// passed settles all times that are due but the last: they get no Job any more.
// Times during a suspension do not count as skipped.
func (cj *state) passed() {
	due := cj.due()
	if len(due) < 2 {
		return
	}
	over := due[:len(due)-1]
	cj.times.settled = over[len(over)-1]
	if !suspended(cj.api) {
		cj.skip(over)
	}
}

func suspended(o *batchv1.CronJob) bool { return ptr.Deref(o.Spec.Suspend, false) }

// skip records that no Job is made for some times.
func (cj *state) skip(over []time.Time) {
	t := &cj.times
	reason := t.why
	if reason == "" && cj.api.Spec.StartingDeadlineSeconds != nil {
		reason = "StartingDeadline"
	}
	last := over[len(over)-1]
	cj.record(last, record.CronJobRun{Phase: record.CronSkipped, Reason: reason, Count: int64(len(over))})
	if !t.held.After(last) {
		t.why = ""
	}
}

// said keeps why the Job of a time is not started.
func (cj *state) said(e cronjob.Event) {
	if e.Reason != "JobAlreadyActive" && e.Reason != "FailedCreate" {
		return
	}
	due, t := cj.due(), &cj.times
	if len(due) == 0 || due[len(due)-1].Equal(t.held) {
		return
	}
	cj.passed()
	t.held, t.why = due[len(due)-1], e.Reason
	cj.record(t.held, record.CronJobRun{Phase: record.CronHeld, Reason: e.Reason, Message: e.Message})
}

// started records that the Job of a time was made.
func (cj *state) started(o *batchv1.Job) {
	cj.passed()
	t := &cj.times
	if cj.making.After(t.settled) {
		t.settled = cj.making
	}
	t.why = ""
	cj.record(cj.making, record.CronJobRun{Phase: record.CronStarted, Job: kinds.KeyOf(o), Count: 1})
}

// rescheduled is a write of the spec. What was due by the old schedule, or before
// a suspension, is lost, but for the last time after a suspension.
func (cj *state) rescheduled(next *batchv1.CronJob) {
	cj.passed()
	if due := cj.due(); len(due) > 0 && !suspended(cj.api) && suspended(next) {
		cj.times.settled = due[0]
		cj.skip(due)
	}
	if cj.api.Spec.Schedule != next.Spec.Schedule || !ptr.Equal(cj.api.Spec.TimeZone, next.Spec.TimeZone) {
		cj.times.settled = cj.c.WallNow()
	}
}

func (cj *state) record(scheduled time.Time, r record.CronJobRun) {
	r.At, r.Workload, r.Scheduled = cj.c.At(), cj.key, cj.c.Instant(scheduled)
	cj.c.Record(r)
}
