package cronjob

import (
	"fmt"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Changed says when a write of the CronJob, by a user or by the controller, is
// looked at: after some time, 0 for at once (cronjob_controllerv2.go,
// updateCronJob). A new schedule has its first time from the last one's on, and
// what the old one has in the queue stays there. It is false when the schedule
// can't be read: then nothing comes of it but the event.
func Changed(old, next *batch.CronJob, now time.Time) (after time.Duration, looked bool, told *Event) {
	if old.Spec.Schedule == next.Spec.Schedule && ptr.Equal(old.Spec.TimeZone, next.Spec.TimeZone) {
		return 0, true, nil
	}
	schedule := Schedule(next)
	if schedule == nil {
		return 0, false, &Event{Type: v1.EventTypeWarning, Reason: "UnParseableCronJobSchedule",
			Message: fmt.Sprintf("unparseable schedule for cronjob: %s", next.Spec.Schedule)}
	}
	return nextScheduleTimeDuration(next, now, schedule), true, nil
}
