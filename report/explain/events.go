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
	// reason, if given, is what those have in common that are told once: their texts
	// hold times.
	reason string
}

// key is the same of lines that are told once.
func (t told) key() string {
	if t.reason != "" {
		return t.reason
	}
	return t.text
}

// events lists those of the object, and of a Deployment's ReplicaSets, and the
// steps that were aimed at it, with what no Event tells.
func (e *explanation) events(kind, key string) {
	var list []told
	for _, event := range e.result.Events {
		own := event.Object == e.object
		set := kind == "Deployment" && strings.HasPrefix(event.Object, "ReplicaSet "+key+"-")
		if (own || set) && kind != "HorizontalPodAutoscaler" {
			list = append(list, told{t: event.T, text: fmt.Sprintf("%-7s %s: %s", event.Type, event.Reason, event.Message)})
		}
	}
	for _, step := range e.result.Steps {
		if slices.Contains(step.Objects, e.object) {
			list = append(list, told{t: step.T, text: aboutStep(step, e.object)})
		}
	}
	for _, n := range e.result.Notes {
		if n.Object != e.object {
			continue
		}
		l := told{t: n.T, text: fmt.Sprintf("%-7s %s: %s", "", n.Reason, n.Text)}
		if n.Reason == "BackOff" || n.Reason == "Probe" {
			l.reason = n.Reason
		}
		list = append(list, l)
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
	count, last := map[string]int{}, map[string]told{}
	for _, l := range list {
		count[l.key()]++
		last[l.key()] = l
	}
	var kept []told
	seen := map[string]bool{}
	for _, l := range list {
		switch n, end := count[l.key()], last[l.key()]; {
		case n <= words.Few:
			kept = append(kept, l)
		case !seen[l.key()]:
			seen[l.key()] = true
			text := fmt.Sprintf("%s (x%d, last at %s)", l.text, n, words.Clock(end.t))
			if l.text != end.text {
				text = fmt.Sprintf("%s (x%d, last at %s: %s)", l.text, n, words.Clock(end.t), strings.TrimLeft(end.text, " "))
			}
			kept = append(kept, told{t: l.t, text: text})
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
