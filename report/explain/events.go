package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
)

// told is a line about an instant.
type told struct {
	t    sim.Time
	text string
}

// events lists those of the object, and of a Deployment's ReplicaSets, and the
// steps that were aimed at it.
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
		if slices.Contains(step.Objects, e.object) {
			list = append(list, told{step.T, aboutStep(step, e.object)})
		}
	}
	if len(list) > 0 {
		e.title("Events")
	}
	slices.SortStableFunc(list, func(a, b told) int { return cmp.Compare(a.t, b.t) })
	for _, l := range aggregated(list) {
		e.line("%-9s %s", words.Clock(l.t), l.text)
	}
}

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
		case n <= words.Few:
			kept = append(kept, l)
		case !seen[l.text]:
			seen[l.text] = true
			kept = append(kept, told{l.t, fmt.Sprintf("%s (x%d, last at %s)", l.text, n, words.Clock(last[l.text]))})
		}
	}
	return kept
}

// aboutStep is what a step did to one of its objects.
func aboutStep(s result.Step, object string) string {
	text := s.Text
	if strings.HasPrefix(text, "apply ") {
		text = "apply " + object // there may be dozens
	}
	if s.Error != "" {
		text += words.Place(s.Source) + " failed: " + s.Error
	}
	return text
}
