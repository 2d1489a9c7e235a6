package scenarios

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
)

// Instant is a date and time of the wall clock, of whole seconds.
type Instant time.Time

// Years that a run can begin in. Cron schedules look five years ahead, and
// between 2096 and 2104 there is no leap day.
const firstYear, lastYear = 1970, 2089

func (i *Instant) parse(word string) error {
	t, err := time.Parse(time.RFC3339, word)
	if err != nil || t.Nanosecond() != 0 {
		return fmt.Errorf("must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got %.60q", word)
	}
	if t = t.UTC(); t.Year() < firstYear || t.Year() > lastYear {
		return fmt.Errorf("must be from %d to %d, got %.60q", firstYear, lastYear, word)
	}
	*i = Instant(t)
	return nil
}

func (i *Instant) form() ([]string, string) { return []string{"string"}, "2026-01-05T08:55:00Z" }

// assumeTimes states when the run begins where CronJobs go by it, and which of
// them are not due in it.
func (b *builder) assumeTimes() {
	start := b.spec.Start
	for _, r := range b.objects.order {
		cj, is := b.objects.byName[r].Object.(*batchv1.CronJob)
		if !is {
			continue
		}
		if b.spec.Start.IsZero() {
			start = cluster.DefaultStart
			b.assumption("the run begins on %s, which CronJobs go by (startTime)", start.Format("Monday 2006-01-02 at 15:04 MST"))
		}
		schedule := cronjob.Schedule(cj)
		if schedule == nil {
			continue // the API server does not take it
		}
		if next := schedule.Next(start); next.IsZero() || !next.Before(start.Add(b.spec.Duration)) {
			b.assumption("CronJob %s/%s: not due in the run (%s)", cj.Namespace, cj.Name, cj.Spec.Schedule)
		}
	}
}
