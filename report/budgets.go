package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// disruptionBudgets are those of the start and those that steps brought.
func (f *Facts) disruptionBudgets() map[string]result.PodDisruptionBudget {
	budgets := map[string]result.PodDisruptionBudget{}
	for _, at := range f.run.Budgets {
		budgets[at.Key] = result.PodDisruptionBudget{Rule: at.Rule, Workloads: result.NotNil(at.Workloads), Expected: at.Expected, Allows: at.Allows,
			Changes: []record.BudgetChange{{Rule: at.Rule}}}
	}
	for _, s := range f.automation.budgetStates {
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

// findIdleBudgets tells of budgets that protect no pod, from the start to the end.
func findIdleBudgets(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.result.DisruptionBudgets)) {
		atStart := slices.ContainsFunc(f.run.Budgets, func(b record.DisruptionBudget) bool { return b.Key == name && len(b.Workloads) > 0 })
		if d := f.result.DisruptionBudgets[name]; !d.SelectsNothing() || atStart || d.Deleted != nil {
			continue
		}
		all = append(all, result.Finding{
			Object: "PodDisruptionBudget " + name,
			What:   "it selects no pods of its namespace, and so keeps none from being evicted.",
			Change: "Let spec.selector match the labels of the pods that it is for.",
		})
	}
	return all
}

// changedAfter says what became of the rule later.
func changedAfter(d result.PodDisruptionBudget, t sim.Time) string {
	switch last := len(d.Changes) - 1; {
	case d.Deleted != nil && *d.Deleted > t:
		return fmt.Sprintf(" It was deleted at %s.", words.Clock(*d.Deleted))
	case last >= 0 && d.Changes[last].T > t:
		return fmt.Sprintf(" From %s on it says %s.", words.Clock(d.Changes[last].T), d.Rule)
	}
	return ""
}

// budget tells what a budget says and allows.
func (e *explanation) budget(key string) {
	d := e.result.DisruptionBudgets[key]
	for i, c := range d.Changes[:max(0, len(d.Changes)-1)] {
		e.line("%s until %s", c.Rule, words.Clock(d.Changes[i+1].T))
	}
	if d.SelectsNothing() {
		e.line("%s: it selects no pods", d.Rule)
		return
	}
	allows := "no eviction is allowed"
	if d.Allows > 0 {
		allows = words.CountOf(int(d.Allows), "eviction") + " allowed"
	}
	text := fmt.Sprintf("%s of %s", d.Rule, words.CountOf(int(d.Expected), "pod"))
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
		when = "when it was deleted at " + words.Clock(*d.Deleted)
	}
	e.line("%s: %s while all are healthy; %s %d of %d", text, allows, when, d.Healthy, d.Expected)
}
