package result

import (
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// PodDisruptionBudget is a PodDisruptionBudget as it was at the end of the first
// replication, or when it was deleted.
type PodDisruptionBudget struct {
	// Rule is its bound: "minAvailable 2".
	Rule      record.BudgetRule `json:"rule"`
	Workloads []string          `json:"workloads"` // whose pods it selects
	// Expected are the pods that its controller counts, Healthy those of them
	// that are; Allows is how many may be evicted while all are.
	Expected int32 `json:"expected"`
	Healthy  int32 `json:"healthy"`
	Allows   int32 `json:"allows"`
	// Changes are the rules that it had, the first one included.
	Changes []record.BudgetChange `json:"changes"`
	Deleted *sim.Time             `json:"deleted"`
}

// SelectsNothing reports whether there is no pod that it could be about.
func (d PodDisruptionBudget) SelectsNothing() bool { return d.Expected == 0 && len(d.Workloads) == 0 }

// RuleAt is the rule that held at an instant.
func (d PodDisruptionBudget) RuleAt(t sim.Time) record.BudgetRule {
	rule := d.Rule
	for _, c := range slices.Backward(d.Changes) {
		if rule = c.Rule; c.T <= t {
			break
		}
	}
	return rule
}
