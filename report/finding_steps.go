package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// stepKey is a step of the timeline; objects that were applied at the start have
// the index 0 and a text each.
type stepKey struct {
	index int
	text  string
}

func keyOfStep(index int, text string) stepKey {
	if index > 0 {
		text = "" // a step can apply several objects
	}
	return stepKey{index, text}
}

// failedSteps are what failed in any replication: every step, and of those that
// apply several objects every object, once.
type failedSteps struct {
	list []record.Step // the first of each
	runs map[stepKey]map[int]bool
}

func newFailedSteps() failedSteps { return failedSteps{runs: map[stepKey]map[int]bool{}} }

// step notes a step. One that failed has cost nothing.
func (f *Facts) step(r record.Step) {
	if r.Error == "" {
		f.current.steps = append(f.current.steps, r)
		return
	}
	f.current.failed[keyOfStep(r.Index, r.Text)] = true
	key := stepKey{r.Index, r.Text}
	if f.failed.runs[key] == nil {
		f.failed.runs[key] = map[int]bool{}
		f.failed.list = append(f.failed.list, r)
	}
	f.failed.runs[key][r.Replication] = true
}

// drained notes how a drain ended.
func (f *Facts) drained(r record.Drained) {
	f.automation.drains = append(f.automation.drains, r)
	if r.Error != "" || (r.Unfinished && r.T-r.Since >= longDrain) {
		f.current.failed[keyOfStep(r.Index, "drain node "+r.Node)] = true
	}
}

// findFailedSteps tells of steps that the API server or kubectl refused, in
// their words; what fails again and again for the same reason once.
func findFailedSteps(f *facts) []result.Finding {
	type fault struct{ object, err string }
	var order []fault
	steps := map[fault][]record.Step{}
	for _, s := range f.failed.list {
		if f.toldElsewhere(s) {
			continue
		}
		of := fault{"timeline", s.Error}
		if len(s.Objects) > 0 {
			of.object = s.Objects[0]
		}
		if len(steps[of]) == 0 {
			order = append(order, of)
		}
		steps[of] = append(steps[of], s)
	}
	var all []result.Finding
	for _, of := range order {
		first, more := steps[of][0], steps[of][1:]
		what := fmt.Sprintf("%s at %s%s failed%s: %s", first.Text, words.Clock(first.T), words.Place(first.Source), f.inRuns(len(f.failed.runs[stepKey{first.Index, first.Text}])), strings.TrimSuffix(of.err, "."))
		if len(more) > 0 {
			last := more[len(more)-1]
			what += fmt.Sprintf("; so did %s, the last at %s%s", words.CountOf(len(more), "further step"), words.Clock(last.T), words.Place(last.Source))
		}
		all = append(all, result.Finding{Object: of.object, What: what + ".", Change: mendStep(of.err)})
	}
	return all
}

// toldElsewhere reports whether another rule says what became of the step: of a
// drain that gave up, and of a pod that the API server refuses.
func (f *facts) toldElsewhere(s record.Step) bool {
	gaveUp := slices.ContainsFunc(f.automation.drains, func(d record.Drained) bool {
		return d.Replication == s.Replication && d.T == s.T && s.Text == "drain node "+d.Node && len(d.Left) > 0
	})
	if gaveUp || len(s.Objects) == 0 {
		return gaveUp
	}
	w := f.totals.workloads[record.ParseObject(s.Objects[0]).String()]
	return w != nil && strings.HasPrefix(s.Text, "apply Pod ") && len(w.evidence.refusals) > 0
}

// mendStep is what to do about kubectl's answer.
func mendStep(err string) string {
	var flags []string
	for _, f := range []struct{ answer, flag string }{
		{"(use --ignore-daemonsets to ignore)", "ignoreDaemonSets: true"}, {"(use --delete-emptydir-data to override)", "deleteEmptyDirData: true"}, {"(use --force to override)", "force: true"},
	} {
		if strings.Contains(err, f.answer) {
			flags = append(flags, f.flag)
		}
	}
	if len(flags) > 0 {
		return fmt.Sprintf("Give the drain %s.", words.And(flags))
	}
	for _, c := range []struct{ answer, change string }{
		{"more than one PodDisruptionBudget", "Let exactly one PodDisruptionBudget select each pod."},
		{"rollout history", "Undo only after a change of the pod template has made a second revision."},
		{"no last revision", "Undo only after a change of the pod template has made a second revision."},
		{"specified revision", "Name a revision that is still there: revisionHistoryLimit says how many are kept."},
		{"exceeded quota", "Raise the ResourceQuota before the step, or ask for less."},
		{"immutable", "Delete the object first and apply it anew, or leave that field as it is."},
		{"running pod", "Delete the pod first and apply it anew."},
		{"may not change fields", "Delete the pod first and apply it anew."},
		{"are forbidden", "Delete the object first and apply it anew, or leave that field as it is."},
		{"already has", "Take the taint off first, or leave the step out."},
		{`taint "`, "Take off a taint that the node has at that time."},
		{"already paused", "Leave the step out, or resume the rollout before it."},
		{"paused deployment", "Resume the rollout first."},
		{"is not down", "Let the node fail before it, or leave the step out."},
		{"not found", "Name an object that is there at that time, or do the step while it is."},
		{"No resources found", "Do the step while the workload has pods."},
	} {
		if strings.Contains(err, c.answer) {
			return c.change
		}
	}
	return "Correct the step, or leave it out."
}
