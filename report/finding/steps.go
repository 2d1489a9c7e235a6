package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findFailedSteps tells of steps that the API server or kubectl refused, in
// their words; what fails again and again for the same reason once.
func findFailedSteps(f *facts) []result.Finding {
	type fault struct{ object, err string }
	var order []fault
	steps := map[fault][]record.Step{}
	for _, s := range f.Failed.List {
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
		what := fmt.Sprintf("%s at %s%s failed%s: %s", first.Text, words.Clock(first.T), words.Place(first.Source),
			f.inRuns(len(f.Failed.Runs[fold.StepKey{Index: first.Index, Text: first.Text}])), strings.TrimSuffix(of.err, "."))
		if len(more) > 0 {
			last := more[len(more)-1]
			what += fmt.Sprintf("; so did %s, the last at %s%s", words.CountOf(len(more), "further step"), words.Clock(last.T),
				words.Place(last.Source))
		}
		all = append(all, result.Finding{Object: of.object, What: what + ".", Change: mendStep(of.err)})
	}
	return all
}

// toldElsewhere reports whether another rule says what became of the step: of a
// drain that gave up, and of a pod that the API server refuses.
func (f *facts) toldElsewhere(s record.Step) bool {
	gaveUp := slices.ContainsFunc(f.Automation.Drains, func(d record.Drained) bool {
		return d.Replication == s.Replication && d.T == s.T && s.Text == "drain node "+d.Node && len(d.Left) > 0
	})
	if gaveUp || len(s.Objects) == 0 {
		return gaveUp
	}
	w := f.Totals.Workloads[record.ParseObject(s.Objects[0]).String()]
	return w != nil && strings.HasPrefix(s.Text, "apply Pod ") && len(w.Evidence.Refusals) > 0
}

// stepChanges is what to do about a fault of a step.
var stepChanges = map[upstream.StepFault]string{
	upstream.OtherFault:     "Correct the step, or leave it out.",
	upstream.SeveralBudgets: "Let exactly one PodDisruptionBudget select each pod.",
	upstream.NoRevision:     "Undo only after a change of the pod template has made a second revision.",
	upstream.RevisionGone:   "Name a revision that is still there: revisionHistoryLimit says how many are kept.",
	upstream.QuotaExceeded:  "Raise the ResourceQuota before the step, or ask for less.",
	upstream.ImmutableField: "Delete the object first and apply it anew, or leave that field as it is.",
	upstream.ImmutablePod:   "Delete the pod first and apply it anew.",
	upstream.TaintThere:     "Take the taint off first, or leave the step out.",
	upstream.TaintGone:      "Take off a taint that the node has at that time.",
	upstream.AlreadyPaused:  "Leave the step out, or resume the rollout before it.",
	upstream.RolloutPaused:  "Resume the rollout first.",
	upstream.MachineUp:      "Let the node fail before it, or leave the step out.",
	upstream.NothingThere:   "Name an object that is there at that time, or do the step while it is.",
	upstream.NoPods:         "Do the step while the workload has pods.",
}

// mendStep is what to do about kubectl's answer.
func mendStep(err string) string {
	if flags := upstream.DrainFlags(err); len(flags) > 0 {
		for i := range flags {
			flags[i] += ": true"
		}
		return fmt.Sprintf("Give the drain %s.", words.And(flags))
	}
	return stepChanges[upstream.FaultOfStep(err)]
}
