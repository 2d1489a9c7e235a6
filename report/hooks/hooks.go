// Package hooks counts the lifecycle hooks of a workload's containers: how long they take,
// and how often one has not ended with the grace period.
package hooks

import (
	"cmp"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Hook is a lifecycle hook of a container, preStop or postStart.
type Hook struct{ Container, Name string }

// Times are those of a hook: the longest, how many were given up with the grace period and in
// how many replications, and the longest such.
type Times struct {
	Longest, Grace sim.Time
	Cut            int64
	Runs           int
}

// Table has them by hook.
type Table map[Hook]*Times

func (t Table) of(h Hook) *Times {
	if t[h] == nil {
		t[h] = &Times{}
	}
	return t[h]
}

// Add counts one, in a replication.
func (t Table) Add(rec record.ContainerHook) {
	of := t.of(Hook{rec.Container, rec.Hook})
	if of.Longest = max(of.Longest, rec.Took); rec.Cut {
		of.Cut++
		of.Runs = 1
		of.Grace = max(of.Grace, rec.Took)
	}
}

// Fold adds those of a replication to those of all.
func (t Table) Fold(o Table) {
	for h, times := range o {
		of := t.of(h)
		of.Longest, of.Grace = max(of.Longest, times.Longest), max(of.Grace, times.Grace)
		of.Cut += times.Cut
		of.Runs += times.Runs
	}
}

// Hooks are in the order of container and name.
func (t Table) Hooks() []Hook {
	var list []Hook
	for h := range t {
		list = append(list, h)
	}
	slices.SortFunc(list,
		func(a, b Hook) int { return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Name, b.Name)) })
	return list
}

// PreStop is the longest that a preStop hook took; known is false without one.
func (t Table) PreStop() (longest sim.Time, known bool) {
	for h, times := range t {
		if h.Name == "preStop" {
			longest, known = max(longest, times.Longest), true
		}
	}
	return longest, known
}
