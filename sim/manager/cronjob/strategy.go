package cronjob

import (
	batchv1 "k8s.io/api/batch/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Strategy is the API server's for CronJobs
// (pkg/registry/batch/cronjob/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	o.(*batchv1.CronJob).Status = batchv1.CronJobStatus{}
}

// PrepareForUpdate implements apiserver.Strategy.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*batchv1.CronJob), next.(*batchv1.CronJob)
	to.Status, to.Generation = from.Status, from.Generation
	if !apiequality.Semantic.DeepEqual(to.Spec, from.Spec) {
		to.Generation++
	}
	return nil
}
