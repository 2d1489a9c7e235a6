package truth

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
)

// step is what two changes of size, or two ends, have to have in common.
type step struct {
	revision int
	from, to int32
	text     string
}

func (i item) step() step {
	return step{i.entry.Revision, i.entry.From, i.entry.To, i.entry.Text}
}

// align compares changes of size in their order: the longest common subsequence
// is paired, the rest has no partner.
func (c *Comparison) align(theirs, ours []item, tolerance func(sim.Time) sim.Time) {
	common := subsequence(theirs, ours)
	i, j := 0, 0
	for i < len(theirs) || j < len(ours) {
		switch {
		case i < len(theirs) && j < len(ours) && theirs[i].step() == ours[j].step():
			r := Row{Recorded: theirs[i].entry, Simulated: ours[j].entry}
			if !agree(theirs[i], ours[j], tolerance) {
				r.Fault = fault(theirs[i], ours[j], tolerance)
			}
			c.Rows = append(c.Rows, r)
			i, j = i+1, j+1
		case j == len(ours) || (i < len(theirs) && common[i+1][j] >= common[i][j+1]):
			c.Rows = append(c.Rows, Row{Recorded: theirs[i].entry, Fault: "not in the simulation, or in another order"})
			i++
		default:
			c.Rows = append(c.Rows, Row{Simulated: ours[j].entry, Fault: "not in the recording, or in another order"})
			j++
		}
	}
}

// subsequence is the length of the longest common subsequence of each pair of
// tails.
func subsequence(a, b []item) [][]int {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].step() == b[j].step() {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	return length
}

// envelope compares sizes as functions of time: after each change of one side
// the size has to be one that the other had within the tolerance of then.
func (c *Comparison) envelope(l lane, theirs, ours []item, tolerance func(sim.Time) sim.Time) {
	for _, i := range theirs {
		r := Row{Recorded: i.entry}
		if low, high, there := around(ours, i, tolerance); !there || i.entry.To < low || i.entry.To > high {
			r.Fault = outside(i.entry.To, "the simulation", low, high, there)
		}
		c.Rows = append(c.Rows, r)
	}
	for _, i := range ours {
		r := Row{Simulated: i.entry}
		if low, high, there := around(theirs, i, tolerance); !there || i.entry.To < low || i.entry.To > high {
			r.Fault = outside(i.entry.To, "the recording", low, high, there)
		}
		c.Rows = append(c.Rows, r)
	}
	last := map[int][2]int32{}
	for side, items := range [][]item{theirs, ours} {
		for _, i := range items {
			ends := last[i.entry.Revision]
			ends[side] = i.entry.To
			last[i.entry.Revision] = ends
		}
	}
	for revision := range len(last) + 1 {
		if ends := last[revision]; ends[0] != ends[1] {
			c.Findings = append(c.Findings, fmt.Sprintf("%s r%d: ends at %d in the recording, at %d in the simulation", l.object,
				revision, ends[0], ends[1]))
		}
	}
}

// endpoints compares those of a Service as an envelope: which changes of pods come into
// one write is chance. Of Services whose pods take no requests a simulation has none.
func (c *Comparison) endpoints(l lane, theirs, ours []item, tolerance func(sim.Time) sim.Time) {
	if len(ours) == 0 {
		c.Unseen = append(c.Unseen, l.object)
		return
	}
	c.envelope(l, theirs, ours, func(at sim.Time) sim.Time { return tolerance(at) + staleCache })
}

// around is the range of sizes that the same revision had in items within the
// tolerance of another item's time; there is false when it did not exist.
func around(items []item, other item, tolerance func(sim.Time) sim.Time) (low, high int32, there bool) {
	allowed := tolerance(other.at)
	widen := func(size int32) {
		if !there {
			low, high, there = size, size, true
		}
		low, high = min(low, size), max(high, size)
	}
	var before *int32
	for _, i := range items {
		switch {
		case i.entry.Revision != other.entry.Revision:
		case i.at < other.at-allowed:
			before = &i.entry.To
		case i.at <= other.at+allowed:
			widen(i.entry.From)
			widen(i.entry.To)
		}
	}
	if before != nil {
		widen(*before)
	}
	return low, high, there
}

func outside(size int32, whose string, low, high int32, there bool) string {
	if !there {
		return fmt.Sprintf("%d, but %s has no such revision then", size, whose)
	}
	return fmt.Sprintf("%d, but %s has %d to %d around then", size, whose, low, high)
}
