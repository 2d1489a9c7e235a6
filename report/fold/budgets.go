package fold

import (
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// disruptionBudgets are those of the start and those that steps brought.
func (f *Facts) disruptionBudgets() map[string]result.PodDisruptionBudget {
	budgets := map[string]result.PodDisruptionBudget{}
	for _, at := range f.Run.Budgets {
		budgets[at.Key] = result.PodDisruptionBudget{Rule: at.Rule, Workloads: result.NotNil(at.Workloads),
			Expected: at.Expected, Allows: at.Allows,
			Changes: []record.BudgetChange{{Rule: at.Rule}}}
	}
	for _, s := range f.Automation.budgetStates {
		d := budgets[s.Key]
		d.Rule, d.Healthy, d.Changes = s.Rule, s.Healthy, append(d.Changes, s.Changes...)
		if d.Deleted = nil; s.Deleted {
			d.Deleted = &s.T
		}
		if s.Expected > 0 || len(s.Workloads) == 0 { // else its controller can't count its pods
			d.Workloads, d.Expected, d.Allows = result.NotNil(s.Workloads), s.Expected, s.Allows
		}
		budgets[s.Key] = d
	}
	return budgets
}
