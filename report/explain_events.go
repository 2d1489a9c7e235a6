package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
)

// told is a line about an instant.
type told struct {
	t    sim.Time
	text string
}

// events lists those of the object, and of a Deployment's ReplicaSets, and
// what was done to a node or a drain that a budget stood against.
func (e *explanation) events(kind, key string) {
	var list []told
	for _, event := range e.result.Events {
		own := event.Object == e.object
		set := kind == "Deployment" && strings.HasPrefix(event.Object, "ReplicaSet "+key+"-")
		if (own || set) && kind != "HorizontalPodAutoscaler" {
			list = append(list, told{event.T, fmt.Sprintf("%-7s %s: %s", event.Type, event.Reason, event.Message)})
		}
	}
	for _, step := range e.result.Steps {
		drained := kind == "PodDisruptionBudget" && strings.HasPrefix(step.Text, "drain node")
		if drained || (kind == "Node" && slices.Contains(strings.FieldsFunc(step.Text, notInName), key)) {
			list = append(list, told{step.T, step.Text})
		}
	}
	if len(list) > 0 {
		e.title("Events")
	}
	slices.SortStableFunc(list, func(a, b told) int { return cmp.Compare(a.t, b.t) })
	for _, l := range aggregated(list) {
		e.line("%-9s %s", clockText(l.t), l.text)
	}
}

// few is how often the same may be told one by one.
const few = 3

// aggregated tells what happened again and again once, as kubectl does.
func aggregated(list []told) []told {
	count, last := map[string]int{}, map[string]sim.Time{}
	for _, l := range list {
		count[l.text]++
		last[l.text] = l.t
	}
	var kept []told
	seen := map[string]bool{}
	for _, l := range list {
		switch n := count[l.text]; {
		case n <= few:
			kept = append(kept, l)
		case !seen[l.text]:
			seen[l.text] = true
			kept = append(kept, told{l.t, fmt.Sprintf("%s (x%d, last at %s)", l.text, n, clockText(last[l.text]))})
		}
	}
	return kept
}

// notInName takes the text of a step apart around names.
func notInName(r rune) bool { return r == ' ' || r == ':' || r == ',' || r == '"' }
