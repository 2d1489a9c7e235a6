package truth

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
)

// agree reports whether two items can be the same event.
func agree(a, b item, tolerance func(sim.Time) sim.Time) bool {
	if abs(a.at-b.at) > tolerance(a.at)+a.slack+b.slack {
		return false
	}
	return !a.aged || !b.aged || abs(a.born-b.born) <= tolerance(a.born)
}

// mostToMatch bounds the lanes whose pods are matched in every order.
const mostToMatch = 600

// pair finds a partner for each item of one lane, as many as possible, and pairs
// the rest in order with what is wrong about them.
func (c *Comparison) pair(theirs, ours []item, tolerance func(sim.Time) sim.Time) {
	byTime := func(a, b item) int { return cmp.Compare(a.at, b.at) }
	slices.SortStableFunc(theirs, byTime)
	slices.SortStableFunc(ours, byTime)
	partner := match(theirs, ours, func(a, b item) bool { return agree(a, b, tolerance) })
	taken := make([]bool, len(ours))
	var left []item
	for i, a := range theirs {
		if j := partner[i]; j >= 0 {
			taken[j] = true
			c.Rows = append(c.Rows, Row{Recorded: a.entry, Simulated: ours[j].entry})
			continue
		}
		left = append(left, a)
	}
	for j, b := range ours {
		if taken[j] {
			continue
		}
		if len(left) == 0 {
			c.Rows = append(c.Rows, Row{Simulated: b.entry, Fault: "not in the recording"})
			continue
		}
		c.Rows = append(c.Rows, Row{Recorded: left[0].entry, Simulated: b.entry, Fault: fault(left[0], b, tolerance)})
		left = left[1:]
	}
	for _, a := range left {
		c.Rows = append(c.Rows, Row{Recorded: a.entry, Fault: "not in the simulation"})
	}
}

// fault is in which way two items don't agree.
func fault(a, b item, tolerance func(sim.Time) sim.Time) string {
	if allowed := tolerance(a.at) + a.slack + b.slack; abs(a.at-b.at) > allowed {
		return late(b.at-a.at, allowed)
	}
	return fmt.Sprintf("a pod created at %.1f s, in the recording at %.1f s", b.born.Seconds(), a.born.Seconds())
}

func late(by, allowed sim.Time) string {
	way := "later"
	if by < 0 {
		way = "earlier"
	}
	return fmt.Sprintf("%.3f s %s, at most %.3f s", abs(by).Seconds(), way, allowed.Seconds())
}

// match is a largest set of pairs that agree: partner[i] is the index of the
// second list, -1 for none. Small lists are matched by augmenting paths (Kuhn's
// algorithm), long ones in order.
func match(a, b []item, agree func(a, b item) bool) []int {
	partner, owner := make([]int, len(a)), make([]int, len(b))
	for j := range owner {
		owner[j] = -1
	}
	whole := len(a) == len(b)
	for i := range partner {
		partner[i] = -1
		whole = whole && agree(a[i], b[i])
	}
	if whole || max(len(a), len(b)) > mostToMatch {
		for i := range min(len(a), len(b)) {
			if agree(a[i], b[i]) {
				partner[i] = i
			}
		}
		return partner
	}
	for i := range a {
		augment(i, make([]bool, len(b)), owner, func(i, j int) bool { return agree(a[i], b[j]) })
	}
	for j, i := range owner {
		if i >= 0 {
			partner[i] = j
		}
	}
	return partner
}

func augment(i int, tried []bool, owner []int, fits func(i, j int) bool) bool {
	for j := range owner {
		if tried[j] || !fits(i, j) {
			continue
		}
		tried[j] = true
		if owner[j] < 0 || augment(owner[j], tried, owner, fits) {
			owner[j] = i
			return true
		}
	}
	return false
}
