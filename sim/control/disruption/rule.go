package disruption

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Bound is the bound of a budget: the field that sets it, and a number of pods or a
// percentage. Both are "" where there is none.
func Bound(o *policyv1.PodDisruptionBudget) (field, bound string) {
	switch {
	case o.Spec.MaxUnavailable != nil:
		return "maxUnavailable", o.Spec.MaxUnavailable.String()
	case o.Spec.MinAvailable != nil:
		return "minAvailable", o.Spec.MinAvailable.String()
	}
	return "", ""
}

// BudgetAllows is how many of the expected pods may be evicted while all are
// healthy.
func BudgetAllows(o *policyv1.PodDisruptionBudget, expected int32) int32 {
	scaled := func(bound *intstr.IntOrString) int32 {
		n, err := intstr.GetScaledValueFromIntOrPercent(bound, int(expected), true)
		if err != nil {
			return 0 // which validation excludes
		}
		return int32(n)
	}
	switch {
	case o.Spec.MaxUnavailable != nil:
		return scaled(o.Spec.MaxUnavailable)
	case o.Spec.MinAvailable != nil:
		return max(0, expected-scaled(o.Spec.MinAvailable))
	}
	return expected
}
