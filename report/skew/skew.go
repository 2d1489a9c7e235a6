// Package skew is how evenly a rollout leaves the pods of a workload over the domains of
// their topologySpreadConstraints.
package skew

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Rollouts are those of a workload in one replication.
type Rollouts struct {
	of     []record.Spread
	before []int // skews when the last one began
	Left   []Left
	most   int // skew after one
	known  bool
}

// Left is a skew beyond maxSkew that a rollout left, where there was none before it.
type Left struct {
	record.Spread
	Skew   int
	Counts string // such as "a 4, b 1"
	Runs   int    // replications
}

// Declare says what constraints there are.
func (r *Rollouts) Declare(of []record.Spread) { r.of = of }

// Started takes in the nodes of the pods when a rollout begins, Complete those when it is
// complete.
func (r *Rollouts) Started(nodes func() []string) {
	r.before = r.before[:0]
	for i := range r.of {
		_, skew := counts(&r.of[i], nodes())
		r.before = append(r.before, skew)
	}
}

// Complete is its end. The first one leaves nothing behind.
func (r *Rollouts) Complete(nodes func() []string, first bool) {
	if first {
		return
	}
	for i := range r.of {
		of := &r.of[i]
		by, skew := counts(of, nodes())
		r.most, r.known = max(r.most, skew), true
		if skew > int(of.MaxSkew) && i < len(r.before) && r.before[i] <= int(of.MaxSkew) {
			r.Left = append(r.Left, Left{Spread: *of, Skew: skew, Counts: text(by), Runs: 1})
		}
	}
}

// Most is the largest skew after a rollout; missing when there was none, or no constraint.
func (r *Rollouts) Most() stat.Value {
	if !r.known {
		return stat.Missing
	}
	return stat.Value(r.most)
}

// Merge takes in what rollouts of a replication left, one for each constraint.
func Merge(all []Left, of []Left) []Left {
	seen := map[string]bool{}
	for _, l := range of {
		i := slices.IndexFunc(all, func(o Left) bool { return o.Key == l.Key })
		switch {
		case i < 0:
			all = append(all, l)
		case seen[l.Key]:
			if l.Skew > all[i].Skew {
				l.Runs = all[i].Runs
				all[i] = l
			}
		default:
			l.Runs += all[i].Runs
			if all[i].Skew >= l.Skew {
				all[i].Runs = l.Runs
			} else {
				all[i] = l
			}
		}
		seen[l.Key] = true
	}
	return all
}

// counts are the pods in each domain, also those without, and their skew.
func counts(of *record.Spread, nodes []string) (by map[string]int, skew int) {
	by = map[string]int{}
	for _, domain := range of.Domains {
		by[domain] = 0
	}
	for _, n := range nodes {
		if domain, is := of.Domains[n]; is {
			by[domain]++
		}
	}
	least, most := len(nodes), 0
	for _, n := range by {
		least, most = min(least, n), max(most, n)
	}
	return by, max(0, most-least)
}

func text(by map[string]int) string {
	var parts []string
	for _, domain := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %d", domain, by[domain]))
	}
	if n := len(parts); n > 8 {
		parts = append(parts[:8], fmt.Sprintf("%d more", n-8))
	}
	return strings.Join(parts, ", ")
}
