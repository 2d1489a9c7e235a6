package explain

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

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
