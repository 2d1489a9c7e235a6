package cronjob

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/util/parsers"
)

// nextScheduleDelta is how long after a scheduled time the controller looks, for
// clocks that go apart (cronjob_controllerv2.go).
const nextScheduleDelta = 100 * time.Millisecond

// manyMissed is how many times may be missed without a warning.
const manyMissed = 100

// Schedule is the times of a CronJob as its controller reads them, nil when it
// can't.
func Schedule(cj *batch.CronJob) cron.Schedule {
	text, _ := formatSchedule(cj)
	schedule, err := parsers.ParseCronScheduleWithPanicRecovery(text)
	if err != nil {
		return nil
	}
	return schedule
}

// formatSchedule puts the time zone before the schedule, for the parser. A zone
// that stands there already is told about.
func formatSchedule(cj *batch.CronJob) (string, *Event) {
	text := cj.Spec.Schedule
	if strings.Contains(text, "TZ") {
		return text, &Event{Type: v1.EventTypeWarning, Reason: "UnsupportedSchedule", Message: fmt.Sprintf(
			"CRON_TZ or TZ used in schedule %q is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details", text)}
	}
	if zone := cj.Spec.TimeZone; zone != nil {
		if _, err := time.LoadLocation(*zone); err == nil {
			return fmt.Sprintf("TZ=%s %s", *zone, text), nil
		}
	}
	return text, nil
}

// missed is what mostRecentScheduleTime finds.
type missed struct {
	earliest   time.Time  // the last scheduled time, or from when on to look
	mostRecent *time.Time // a time that is due, nil when there is none
	count      int64      // about how many times are due
}

// mostRecentScheduleTime looks for the latest time that is due. The error is that
// of a schedule without any times, such as those of 31 February (utils.go).
func mostRecentScheduleTime(cj *batch.CronJob, now time.Time, schedule cron.Schedule,
	includeStartingDeadlineSeconds bool) (missed, error) {
	m := missed{earliest: cj.CreationTimestamp.Time}
	if last := cj.Status.LastScheduleTime; last != nil {
		m.earliest = last.Time
	}
	if deadline := cj.Spec.StartingDeadlineSeconds; includeStartingDeadlineSeconds && deadline != nil {
		if oldest := now.Add(-time.Second * time.Duration(*deadline)); oldest.After(m.earliest) {
			m.earliest = oldest
		}
	}
	t1 := schedule.Next(m.earliest)
	t2 := schedule.Next(t1)
	if now.Before(t1) {
		return m, nil
	}
	if now.Before(t2) {
		m.mostRecent = &t1
		return m, nil
	}
	between := int64(t2.Sub(t1).Round(time.Second).Seconds())
	if between < 1 {
		return m, errors.New("time difference between two schedules is less than 1 second")
	}
	// An estimate from the first gap; the search begins one gap before what it
	// says, as gaps may differ.
	m.count = int64(now.Sub(t1).Seconds())/between + 1
	from := t1.Add(time.Duration((m.count-2)*between) * time.Second)
	// upstream loops for ever at the last leap day before 2100
	for t := schedule.Next(from); !t.After(now) && !t.IsZero(); t = schedule.Next(t) {
		m.mostRecent = &t
	}
	return m, nil
}

// nextScheduleTime is the time that is due, nil when there is none (utils.go).
func (s *cronSync) nextScheduleTime(schedule cron.Schedule) (*time.Time, error) {
	m, err := mostRecentScheduleTime(s.cronJob, s.now, schedule, true)
	if m.mostRecent == nil || m.mostRecent.After(s.now) {
		return nil, err
	}
	if m.count > manyMissed {
		s.event(v1.EventTypeWarning, "TooManyMissedTimes",
			"too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
	}
	return m.mostRecent, err
}

// nextScheduleTimeDuration is how long it takes until the next time is due
// (utils.go).
func nextScheduleTimeDuration(cj *batch.CronJob, now time.Time, schedule cron.Schedule) time.Duration {
	m, err := mostRecentScheduleTime(cj, now, schedule, false)
	from := now
	switch {
	case err != nil:
	case m.mostRecent != nil:
		from = *m.mostRecent
	case m.count == 0:
		from = m.earliest
	}
	return schedule.Next(from).Add(nextScheduleDelta).Sub(now)
}
