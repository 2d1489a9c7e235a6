package fold

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// LongDrain is from when on a drain that goes on at the end is worth telling of.
const LongDrain = sim.Time(time.Minute)

// StepKey is a step of the timeline; objects that were applied at the start have
// the index 0 and a text each.
type StepKey struct {
	Index int
	Text  string
}

func keyOfStep(index int, text string) StepKey {
	if index > 0 {
		text = "" // a step can apply several objects
	}
	return StepKey{index, text}
}

// failedSteps are what failed in any replication: every step, and of those that
// apply several objects every object, once.
type failedSteps struct {
	List []record.Step // the first of each
	Runs map[StepKey]map[int]bool
}

func newFailedSteps() failedSteps { return failedSteps{Runs: map[StepKey]map[int]bool{}} }

// step notes a step. One that failed has cost nothing.
func (f *Facts) step(r record.Step) {
	if r.Error == "" {
		f.current.steps = append(f.current.steps, r)
		return
	}
	f.current.failed[keyOfStep(r.Index, r.Text)] = true
	key := StepKey{r.Index, r.Text}
	if f.Failed.Runs[key] == nil {
		f.Failed.Runs[key] = map[int]bool{}
		f.Failed.List = append(f.Failed.List, r)
	}
	f.Failed.Runs[key][r.Replication] = true
}

// drained notes how a drain ended.
func (f *Facts) drained(r record.Drained) {
	f.Automation.Drains = append(f.Automation.Drains, r)
	if r.Error != "" || (r.Unfinished && r.T-r.Since >= LongDrain) {
		f.current.failed[keyOfStep(r.Index, "drain node "+r.Node)] = true
	}
}
