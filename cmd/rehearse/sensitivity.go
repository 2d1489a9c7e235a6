package main

import (
	"context"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// What is spent on finding out which guesses matter. Events and not seconds are
// counted, so that the report does not depend on the machine.
const (
	sensitivityReplications = 3
	sensitivityRuns         = 80
	sensitivityEvents       = 150_000_000
	fewestRuns              = 8
	eventsOfPod             = 5000 // as many as the time that a pod takes of scheduler and controllers
	mostPods                = 5000 // beyond which controllers take more time than their events tell
)

// weakness is a finding by what it is about.
type weakness struct{ rule, object string }

// trial plays a Spec again with guesses multiplied.
type trial struct {
	ctx  context.Context
	spec *cluster.Spec
	left int // runs that the budget allows
	runs int
}

// sensitivity tries which of the numbers that nobody gave decide about a finding. It
// is nil without such numbers, and for a run that is too large to be made again.
func sensitivity(ctx context.Context, spec *cluster.Spec, r *report.Result) (*report.Sensitivity, error) {
	if len(spec.Guesses) == 0 || !r.Verdict.Complete || r.Completed == 0 || askedFor(spec) > mostPods {
		return nil, nil
	}
	n := min(spec.Replications, sensitivityReplications)
	cost := max(int(r.SimulatedEvents)/r.Completed+eventsOfPod*len(r.Pods), 1) // of a replication, in events
	if sensitivityEvents/(cost*n) < sensitivityRuns/2 {
		n = 1
	}
	t := &trial{ctx: ctx, left: min(sensitivityRuns, sensitivityEvents/(cost*n))}
	if t.left < fewestRuns {
		return nil, nil
	}
	few := *spec
	few.Replications = n
	t.spec = &few
	flips, complete, err := t.flips()
	if err != nil {
		return nil, err
	}
	return &report.Sensitivity{Runs: t.runs, Replications: n, Complete: complete, Flips: flips}, nil
}

// askedFor is how many pods the workloads ask for at the start, all completions of Jobs
// counted.
func askedFor(spec *cluster.Spec) int {
	n := 0
	for _, w := range spec.Header().Workloads {
		n += int(w.Replicas)
		if j := w.Strategy.Jobs; j != nil && j.Completions != nil {
			n += int(*j.Completions)
		}
	}
	return n
}

// faults are the findings, with some guesses multiplied, that rest on guesses.
func (t *trial) faults(factors map[int]float64) (map[weakness][]int, error) {
	t.left--
	t.runs++
	b := report.NewBuilder()
	if err := replicate.Run(t.ctx, t.spec.Guessing(factors), workers(), nil, b.Add); err != nil {
		return nil, err
	}
	r, err := b.Result()
	if err != nil {
		return nil, err
	}
	found := map[weakness][]int{}
	for _, f := range r.Findings {
		if len(f.DependsOn) == 0 {
			continue
		}
		key := weakness{f.Rule, f.Object}
		for i, g := range t.spec.Guesses {
			if slices.Contains(f.DependsOn, g.Guess) && !slices.Contains(found[key], i) {
				found[key] = append(found[key], i)
			}
		}
	}
	return found, nil
}

// flips halves and doubles all numbers of a quantity at once, then those one by one
// that a finding rests on which comes or goes by it, and looks for where.
func (t *trial) flips() (flips []report.Flip, complete bool, err error) {
	base, err := t.faults(nil)
	if err != nil {
		return nil, false, err
	}
	flips = []report.Flip{}
	for _, quantity := range t.quantities() {
		for _, factor := range t.factors(quantity) {
			if t.left < 1 {
				return flips, false, nil
			}
			all := map[int]float64{}
			for _, i := range quantity {
				all[i] = factor
			}
			changed, err := t.faults(all)
			if err != nil {
				return nil, false, err
			}
			for _, f := range differing(base, changed) {
				found, whole, err := t.each(f, base[f], changed[f], quantity, factor)
				for _, flip := range found {
					if !slices.ContainsFunc(flips, func(k report.Flip) bool { return k.Guess == flip.Guess && k.Rule == flip.Rule }) {
						flips = append(flips, flip)
					}
				}
				if err != nil || !whole {
					return flips, false, err
				}
			}
		}
	}
	return t.wider(base, flips)
}

// each tries the numbers of a quantity one by one that a finding rests on: before, where
// it is there as assumed, or else after.
func (t *trial) each(f weakness, before, after, quantity []int, factor float64) (flips []report.Flip, whole bool,
	err error) {
	on := before
	if before == nil {
		on = after
	}
	for _, i := range on {
		if !slices.Contains(quantity, i) {
			continue
		}
		flip, is, whole, err := t.one(i, f, before != nil, factor)
		if err != nil || !whole {
			return flips, false, err
		}
		if is {
			flips = append(flips, flip)
		}
	}
	return flips, true, nil
}

// factors are those that all numbers of a quantity are multiplied by. How much a
// request holds is known least of all.
func (t *trial) factors(quantity []int) []float64 {
	if t.spec.Guesses[quantity[0]].Quantity == record.MemoryOfRequest {
		return []float64{0.5, 2, 16}
	}
	return []float64{0.5, 2}
}

// wider looks for the end of findings that are there as assumed and with all numbers
// halved and doubled: one by one down to a sixteenth, and up to sixteen times.
func (t *trial) wider(base map[weakness][]int, flips []report.Flip) ([]report.Flip, bool, error) {
	for _, f := range differing(base, nil) {
		if f.rule != "oom-kill" && f.rule != "node-out-of-memory" && f.rule != "probe-kills-start" {
			continue
		}
		if slices.ContainsFunc(flips, func(k report.Flip) bool { return k.Rule == f.rule && k.Object == f.object }) {
			continue
		}
		for _, i := range base[f] {
			for _, factor := range []float64{1. / 16, 16} {
				flip, is, whole, err := t.one(i, f, true, factor)
				if err != nil || !whole {
					return flips, false, err
				}
				if is {
					flips = append(flips, flip)
				}
			}
		}
	}
	return flips, true, nil
}

// quantities are the guesses by their quantity, as indices, those that are known least
// first.
func (t *trial) quantities() (list [][]int) {
	for _, quantity := range []string{record.MemoryOfRequest, record.TimeToListen, record.TimeOfRequest,
		record.CPUOfRequest, record.MemoryAtRest} {
		var of []int
		for i, g := range t.spec.Guesses {
			if g.Quantity == quantity {
				of = append(of, i)
			}
		}
		if len(of) > 0 {
			list = append(list, of)
		}
	}
	return list
}

// differing are the findings that one has and the other has not, in a fixed order.
func differing(a, b map[weakness][]int) (list []weakness) {
	for f := range a {
		if b[f] == nil {
			list = append(list, f)
		}
	}
	for f := range b {
		if a[f] == nil {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(x, y weakness) int {
		return slices.Compare([]string{x.object, x.rule}, []string{y.object, y.rule})
	})
	return list
}

// closeness is how near the bounds of a break-even come to each other.
const closeness = 1.05

// one multiplies one guess alone. Where the finding comes or goes by it the factor is
// narrowed down; whole is false when the budget ends before.
func (t *trial) one(i int, f weakness, held bool, factor float64) (flip report.Flip, is, whole bool, err error) {
	there := func(factor float64) (bool, error) {
		found, err := t.faults(map[int]float64{i: factor})
		return found[f] != nil, err
	}
	if t.left < 1 {
		return flip, false, false, nil
	}
	now, err := there(factor)
	if err != nil || now == held {
		return flip, false, true, err
	}
	same, other := 1.0, factor
	for math.Max(same/other, other/same) > closeness {
		if t.left < 1 {
			return flip, false, false, nil
		}
		middle := math.Sqrt(same * other)
		now, err := there(middle)
		if err != nil {
			return flip, false, false, err
		}
		if now == held {
			same = middle
		} else {
			other = middle
		}
	}
	g := t.spec.Guesses[i].Guess
	return report.Flip{Guess: g, Rule: f.rule, Object: f.object, Holds: held, Above: held == (factor < 1),
		BreakEven: g.Value * math.Sqrt(same*other)}, true, true, nil
}
