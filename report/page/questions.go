package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// isMemory reports whether a rule is about memory that is used up.
func isMemory(rule string) bool {
	return slices.Contains([]string{"oom-kill", "node-out-of-memory", "gpu-out-of-memory",
		"storage-limit", "node-out-of-disk"}, rule)
}

// isDowntime reports whether a rule is about requests that fail or rollouts that do
// not end.
func isDowntime(rule string) bool {
	return isMemory(rule) || slices.Contains([]string{"overload", "no-endpoint", "no-readiness-probe", "probe-kills-start",
		"probe-kills-serving", "crash", "rollout-not-ready", "rollout-without-room", "unschedulable", "creation-refused",
		"requests-lost-at-termination", "traffic-after-sigterm", "no-such-host", "config-error", "external-refuses",
		"stranded-on-failed-node", "retry-storm"}, rule)
}

// doubt takes the verdict from the answer of a section all of whose causes rest on
// numbers that nobody gave.
func doubt(r *result.Result, s *section, about func(result.Finding) bool) {
	questions := 0
	all := slices.Clone(r.Findings)
	for _, w := range r.Silenced {
		all = append(all, w.Findings...) // which are facts all the same
	}
	for _, f := range all {
		switch {
		case !about(f):
		case len(f.DependsOn) > 0:
			questions++
		default:
			return // there is a fact behind it
		}
	}
	switch {
	case !s.bad || len(r.Guesses) == 0:
	case questions > 0:
		s.answer += ", which rests on numbers that nobody gave: see QUESTIONS"
		s.bad = false
	default:
		s.answer += ", which rests on numbers that nobody gave"
		s.bad = false
	}
}

// givenText says how much of the run is a guess.
func givenText(r *result.Result) string {
	guessed := map[string]bool{}
	for _, g := range r.Guesses {
		guessed[g.Workload+" "+g.Container] = true
	}
	if len(guessed) == 0 {
		return ""
	}
	return fmt.Sprintf(", %s as assumed", words.CountOf(len(guessed), "container"))
}

// questionSection tells what would happen if what nobody gave is as assumed.
func questionSection(r *result.Result) section {
	s := section{title: "QUESTIONS", parts: []part{{numbered: true}}}
	for _, f := range r.Findings {
		if len(f.DependsOn) == 0 {
			continue
		}
		text := fmt.Sprintf("%s: depends on %s, which nobody gave. As assumed: %s %s", f.Object,
			guessesText(f.DependsOn), f.What, f.Change)
		for _, flip := range flipsOf(r, f) {
			text += " " + flipText(flip)
		}
		s.parts[0].list = append(s.parts[0].list, text)
	}
	if k := r.Sensitivity; k != nil {
		s.parts[0].list = append(s.parts[0].list, margins(k.Flips)...)
		if len(s.parts[0].list) > 0 {
			s.answer = fmt.Sprintf("%s of %s with numbers halved and doubled", words.CountOf(k.Runs, "more run"),
				words.CountOf(k.Replications, "replication"))
			if !k.Complete {
				s.answer += ", not all were tried"
			}
		}
	}
	return s
}

// guessesText names guesses by quantity: the memory of a request (8Mi in app).
func guessesText(list []record.Guess) string {
	var quantities []string
	by := map[string][]string{}
	for _, g := range list {
		if by[g.Quantity] == nil {
			quantities = append(quantities, g.Quantity)
		}
		if text := valueText(g.Value, g.Unit) + " in " + g.Container; !slices.Contains(by[g.Quantity], text) {
			by[g.Quantity] = append(by[g.Quantity], text)
		}
	}
	var parts []string
	for _, q := range quantities {
		values := by[q]
		if more := len(values) - words.Few; more > 0 {
			values = append(values[:words.Few:words.Few], fmt.Sprintf("%d more", more))
		}
		parts = append(parts, fmt.Sprintf("the %s (%s)", q, strings.Join(values, ", ")))
	}
	return words.And(parts)
}

func valueText(value float64, unit string) string {
	if unit == "cores" {
		return words.Cores(value)
	}
	return words.Unit(stat.Value(value), unit)
}

// flipsOf are the guesses that a finding stands or falls with.
func flipsOf(r *result.Result, f result.Finding) (list []result.Flip) {
	if r.Sensitivity == nil {
		return nil
	}
	for _, flip := range r.Sensitivity.Flips {
		if flip.Holds && flip.Rule == f.Rule && flip.Object == f.Object {
			list = append(list, flip)
		}
	}
	return list
}

// flipText says where a finding that is there ends.
func flipText(f result.Flip) string {
	side := "above"
	if f.Above {
		side = "below"
	}
	return fmt.Sprintf("It is gone with the %s of %s %s %s.", f.Quantity, f.Container, side,
		valueText(f.BreakEven, f.Unit))
}

// margins are the findings that are not there as assumed, one line for each with what
// it begins with, the nearest first.
func margins(flips []result.Flip) (list []string) {
	var fine []result.Flip
	for _, f := range flips {
		if !f.Holds {
			fine = append(fine, f)
		}
	}
	far := func(f result.Flip) float64 { return math.Abs(math.Log(f.BreakEven / f.Value)) }
	slices.SortStableFunc(fine, func(a, b result.Flip) int { return cmp.Compare(far(a), far(b)) })
	place := map[string]int{}
	for _, f := range fine {
		key := f.Object + " " + f.Rule
		at, known := place[key]
		if !known {
			place[key] = len(list)
			list = append(list, fmt.Sprintf("%s: fine as assumed; %s begins with %s", f.Object, f.Rule, newText(f)))
			continue
		}
		list[at] += ", or " + newText(f)
	}
	return list
}

// newText says where one begins that is not there.
func newText(f result.Flip) string {
	side := "below"
	if f.Above {
		side = "above"
	}
	return fmt.Sprintf("the %s of %s %s %s (assumed: %s)", f.Quantity, f.Container, side, valueText(f.BreakEven, f.Unit),
		valueText(f.Value, f.Unit))
}

// assumedSection lists what is assumed, what matters first.
func assumedSection(r *result.Result) section {
	s := section{title: "ASSUMED", parts: []part{{list: r.Assumptions}}}
	if r.Sensitivity == nil {
		return s
	}
	matters := func(text string) bool {
		return slices.ContainsFunc(r.Sensitivity.Flips, func(f result.Flip) bool {
			return strings.HasPrefix(text, f.Workload+" container "+f.Container+":")
		})
	}
	list := slices.Clone(r.Assumptions)
	slices.SortStableFunc(list, func(a, b string) int {
		switch x, y := matters(a), matters(b); {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return 0
	})
	s.parts[0].list = list
	return s
}
