package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// PodDisruptionBudget is a PodDisruptionBudget as it was at the end of the first
// replication, or when it was deleted.
type PodDisruptionBudget struct {
	// Rule is its bound in words: "minAvailable 2".
	Rule      string   `json:"rule"`
	Workloads []string `json:"workloads"` // whose pods it selects
	// Expected are the pods that its controller counts, Healthy those of them
	// that are; Allows is how many may be evicted while all are.
	Expected int32 `json:"expected"`
	Healthy  int32 `json:"healthy"`
	Allows   int32 `json:"allows"`
	// Changes are the rules that it had, the first one included.
	Changes []record.BudgetChange `json:"changes"`
	Deleted *sim.Time             `json:"deleted"`
}

// disruptionBudgets are those of the start and those that steps brought.
func (f *Facts) disruptionBudgets() map[string]PodDisruptionBudget {
	budgets := map[string]PodDisruptionBudget{}
	for _, at := range f.run.Budgets {
		budgets[at.Key] = PodDisruptionBudget{Rule: at.Rule, Workloads: notNil(at.Workloads), Expected: at.Expected, Allows: at.Allows,
			Changes: []record.BudgetChange{{Rule: at.Rule}}}
	}
	for _, s := range f.automation.budgetStates {
		d := budgets[s.Key]
		d.Rule, d.Healthy, d.Changes = s.Rule, s.Healthy, append(d.Changes, s.Changes...)
		if d.Deleted = nil; s.Deleted {
			d.Deleted = &s.T
		}
		if s.Expected > 0 || len(s.Workloads) == 0 { // else its controller can't count its pods
			d.Workloads, d.Expected, d.Allows = notNil(s.Workloads), s.Expected, s.Allows
		}
		budgets[s.Key] = d
	}
	return budgets
}

// selectsNothing reports whether there is no pod that it could be about.
func (d PodDisruptionBudget) selectsNothing() bool { return d.Expected == 0 && len(d.Workloads) == 0 }

// findIdleBudgets tells of budgets that protect no pod, from the start to the end.
func findIdleBudgets(f *facts) []Finding {
	var all []Finding
	for _, name := range slices.Sorted(maps.Keys(f.result.DisruptionBudgets)) {
		atStart := slices.ContainsFunc(f.run.Budgets, func(b record.DisruptionBudget) bool { return b.Key == name && len(b.Workloads) > 0 })
		if d := f.result.DisruptionBudgets[name]; !d.selectsNothing() || atStart || d.Deleted != nil {
			continue
		}
		all = append(all, Finding{
			Object: "PodDisruptionBudget " + name,
			What:   "it selects no pods of its namespace, and so keeps none from being evicted.",
			Change: "Let spec.selector match the labels of the pods that it is for.",
		})
	}
	return all
}

// ruleAt is the rule that held at an instant.
func (d PodDisruptionBudget) ruleAt(t sim.Time) string {
	rule := d.Rule
	for _, c := range slices.Backward(d.Changes) {
		if rule = c.Rule; c.T <= t {
			break
		}
	}
	return rule
}

// changedAfter says what became of the rule later.
func (d PodDisruptionBudget) changedAfter(t sim.Time) string {
	switch last := len(d.Changes) - 1; {
	case d.Deleted != nil && *d.Deleted > t:
		return fmt.Sprintf(" It was deleted at %s.", clockText(*d.Deleted))
	case last >= 0 && d.Changes[last].T > t:
		return fmt.Sprintf(" From %s on it says %s.", clockText(d.Changes[last].T), d.Rule)
	}
	return ""
}

// budget tells what a budget says and allows.
func (e *explanation) budget(key string) {
	d := e.result.DisruptionBudgets[key]
	for i, c := range d.Changes[:max(0, len(d.Changes)-1)] {
		e.line("%s until %s", c.Rule, clockText(d.Changes[i+1].T))
	}
	if d.selectsNothing() {
		e.line("%s: it selects no pods", d.Rule)
		return
	}
	allows := "no eviction is allowed"
	if d.Allows > 0 {
		allows = countOf(int(d.Allows), "eviction") + " allowed"
	}
	text := fmt.Sprintf("%s of %s", d.Rule, countOf(int(d.Expected), "pod"))
	if len(d.Workloads) > 0 {
		var objects []string
		for _, workload := range d.Workloads {
			object := record.ParseKey(workload).Object()
			objects = append(objects, object)
		}
		text += " of " + strings.Join(objects, ", ")
	}
	when := "at the end"
	if d.Deleted != nil {
		when = "when it was deleted at " + clockText(*d.Deleted)
	}
	e.line("%s: %s while all are healthy; %s %d of %d", text, allows, when, d.Healthy, d.Expected)
}
