package cluster

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Guess is a number of a container that nobody gave.
type Guess struct {
	record.Guess
	// Workload is the index of the description in Spec.Workloads.
	Workload int
	// Scale multiplies the number in a description of the caller's own, of which it
	// changes nothing that others share.
	Scale func(w *Workload, factor float64)
}

// Guessing is the Spec with guesses multiplied, by their index. All else is shared,
// and so is the luck: what does not depend on them is drawn alike.
func (s *Spec) Guessing(factors map[int]float64) *Spec {
	changed := *s
	changed.Workloads = slices.Clone(s.Workloads)
	for _, i := range slices.Sorted(maps.Keys(factors)) {
		g := s.Guesses[i]
		g.Scale(&changed.Workloads[g.Workload], factors[i])
	}
	return &changed
}
