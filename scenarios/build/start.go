package build

import (
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
)

// assumeTimes states when the run begins where CronJobs go by it, and which of
// them are not due in it.
func (b *builder) assumeTimes() {
	start := b.spec.Start
	for _, r := range b.objects.Order {
		cj, is := b.objects.ByName[r].Object.(*batchv1.CronJob)
		if !is {
			continue
		}
		if b.spec.Start.IsZero() {
			start = cluster.DefaultStart
			b.assumption("the run begins on %s, which CronJobs go by (startTime)",
				start.Format("Monday 2006-01-02 at 15:04 MST"))
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
