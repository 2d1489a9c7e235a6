package disruption

import (
	policyv1 "k8s.io/api/policy/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Strategy is the API server's for PodDisruptionBudgets
// (pkg/registry/policy/poddisruptionbudget/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	o.(*policyv1.PodDisruptionBudget).Status = policyv1.PodDisruptionBudgetStatus{}
}

// PrepareForUpdate implements apiserver.Strategy.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*policyv1.PodDisruptionBudget), next.(*policyv1.PodDisruptionBudget)
	to.Status, to.Generation = from.Status, from.Generation
	if !apiequality.Semantic.DeepEqual(to.Spec, from.Spec) {
		to.Generation++
	}
	return nil
}
