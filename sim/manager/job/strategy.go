package job

import (
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Strategy is the API server's for Jobs (pkg/registry/batch/job/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	j := o.(*batchv1.Job)
	job.AdmitCreate(j, j.UID, j.CreationTimestamp.Time)
}

// PrepareForUpdate implements apiserver.Strategy.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	to := next.(*batchv1.Job)
	admitted, err := job.AdmitUpdate(old.(*batchv1.Job), to)
	if err != nil {
		return apiserver.Invalid("Job", to.Name, err)
	}
	*to = *admitted
	return nil
}
