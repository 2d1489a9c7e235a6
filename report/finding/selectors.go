package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findIdleBudgets tells of budgets that protect no pod, from the start to the end.
func findIdleBudgets(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.result.DisruptionBudgets)) {
		atStart := slices.ContainsFunc(f.Run.Budgets, func(b record.DisruptionBudget) bool {
			return b.Key == name &&
				len(b.Workloads) > 0
		})
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

// findOverlappingSelectors tells of workloads whose selector matches the pods of
// others: their autoscalers and budgets count them all.
func findOverlappingSelectors(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if len(w.Declared.AlsoSelects) == 0 {
			return nil
		}
		var others []string
		for _, other := range w.Declared.AlsoSelects {
			object := record.ParseKey(other).Object()
			others = append(others, object)
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"its spec.selector matches the pods of %s, too: autoscalers and budgets count them as its own, and it adopts those that lose their owner.", strings.Join(others, ", ")),
			Change: "Give the pods of each workload a label of its own, and select by it.",
		}}
	})
}

// findMixedServices tells of Services that spread requests over workloads of
// different images.
func findMixedServices(f *facts) []result.Finding {
	return f.eachService(func(_ string, s *fold.ServiceTotals) []result.Finding {
		var names, images []string
		for _, key := range s.Workloads {
			w := f.Totals.Workloads[key]
			if w == nil || len(w.Declared.Containers) == 0 {
				continue
			}
			object := record.ParseKey(key).Object()
			names = append(names, object)
			if image := words.Repository(w.Declared.Containers[0].Image); !slices.Contains(images, image) {
				images = append(images, image)
			}
		}
		if len(images) < 2 || s.External {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"its selector matches the pods of %s, whose images differ (%s): requests are spread over all of them.",
				strings.Join(names, " and "), strings.Join(images, ", ")),
			Change: "Add a label to the selector that only the pods meant have, unless that is meant.",
		}}
	})
}

// findBudgetDeadEnds tells of budgets that allow no eviction even when all pods
// are healthy, before a drain meets them. What counts is what they say at the
// end.
func findBudgetDeadEnds(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.result.DisruptionBudgets)) {
		b := f.result.DisruptionBudgets[name]
		_, met := f.Automation.Budgets[name]
		if b.Allows > 0 || b.Expected == 0 || b.Deleted != nil || met {
			continue
		}
		change := f.loosen(name, f.Run.Duration)
		if b.Expected == 1 && b.Rule.Field != "maxUnavailable" {
			change = "Run two replicas, or drop the budget: one pod can't be moved without being down."
		}
		all = append(all, result.Finding{
			Object: "PodDisruptionBudget " + name,
			What: fmt.Sprintf("with %s of %s it never allows an eviction: no node with one of its pods can be drained.",
				b.Rule, words.CountOf(int(b.Expected), "pod")),
			Change: change,
		})
	}
	return all
}

// findOverlappingBudgets tells of pods that more than one budget selects, which
// the eviction subresource refuses to choose from.
func findOverlappingBudgets(f *facts) []result.Finding {
	var all []result.Finding
	names := slices.Sorted(maps.Keys(f.result.DisruptionBudgets))
	for i, name := range names {
		for _, other := range names[i+1:] {
			b, o := f.result.DisruptionBudgets[name], f.result.DisruptionBudgets[other]
			shared := sharedKeys(b, o)
			e := f.Automation.Overlaps[name]
			if len(shared) == 0 || !sameNamespace(name, other) || (e == nil && (b.Deleted != nil || o.Deleted != nil)) {
				continue
			}
			object := record.ParseKey(shared[0]).Object()
			what := fmt.Sprintf(
				"it and PodDisruptionBudget %s both select the pods of %s: every eviction of them ends with error 500, \"This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.\"", other, object)
			if e != nil {
				what += fmt.Sprintf(" It did so%s.", f.inRuns(len(e)))
			}
			all = append(all, result.Finding{Object: "PodDisruptionBudget " + name, What: what,
				Change: "Let exactly one PodDisruptionBudget select each pod."})
		}
	}
	return all
}

func sharedKeys(a, b result.PodDisruptionBudget) (shared []string) {
	for _, key := range a.Workloads {
		if slices.Contains(b.Workloads, key) {
			shared = append(shared, key)
		}
	}
	return shared
}

func sameNamespace(a, b string) bool {
	of, _ := record.SplitName(a)
	other, _ := record.SplitName(b)
	return of == other
}

// appendNew appends s unless the list has it.
func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
