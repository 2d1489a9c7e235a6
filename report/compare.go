package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Compare pairs two results. Only the replications that both have count.
func Compare(nameA string, a *result.Result, nameB string, b *result.Result) *result.Comparison {
	c := &result.Comparison{
		Schema:      result.ComparisonSchemaName,
		A:           nameA,
		B:           nameB,
		Pairs:       min(a.Replications, b.Replications),
		Differences: []result.Difference{},
		Notes:       notesOn(a, b),
	}
	if c.Partial = !a.Verdict.Complete || !b.Verdict.Complete; c.Partial {
		c.Pairs = min(a.Completed, b.Completed)
	}
	alone := 0
	for _, m := range record.Metrics {
		for _, key := range keysOf(m.Name, a.Values, b.Values) {
			pairsA, pairsB := paired(a.Values[key], b.Values[key])
			switch {
			case len(pairsA) == 0:
				if len(stat.Known(a.Values[key]))+len(stat.Known(b.Values[key])) > 0 {
					alone++
				}
			case equal(pairsA, pairsB):
				c.Equal++
			default:
				_, of, _ := strings.Cut(key, " ")
				c.Differences = append(c.Differences, difference(m, of, pairsA, pairsB))
			}
		}
	}
	if alone > 0 {
		c.Notes = append(c.Notes, words.CountOf(alone, "metric")+" left out: only one side has values")
	}
	return c
}

// notesOn says what weakens the comparison.
func notesOn(a, b *result.Result) []string {
	notes := []string{}
	pairs := min(a.Replications, b.Replications)
	if a.Replications != b.Replications {
		notes = append(notes, fmt.Sprintf("%d and %d replications: only the first %d are paired", a.Replications,
			b.Replications, pairs))
	}
	if a.Seed != b.Seed {
		notes = append(notes,
			fmt.Sprintf("seeds %d and %d: the replications do not share their draws, the intervals are wider for it", a.Seed,
				b.Seed))
	}
	if a.Duration != b.Duration {
		notes = append(notes, fmt.Sprintf("durations %s and %s: counts are not comparable", words.Time(a.Duration),
			words.Time(b.Duration)))
	}
	if !a.Verdict.Complete || !b.Verdict.Complete {
		notes = append(notes, "an interrupted run: only complete replications are paired")
	}
	if pairs < 2 {
		notes = append(notes, "one pair: a difference can't be told from chance; no intervals")
	}
	return notes
}

// keysOf lists the keys of Result.Values that hold a metric, sorted.
func keysOf(metric string, sides ...map[string][]stat.Value) []string {
	keys := map[string]bool{}
	for _, m := range sides {
		for key := range m {
			if name, _, _ := strings.Cut(key, " "); name == metric {
				keys[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// paired keeps the replications in which both have a value.
func paired(a, b []stat.Value) (x, y []float64) {
	for i := range min(len(a), len(b)) {
		if a[i].Known() && b[i].Known() {
			x, y = append(x, float64(a[i])), append(y, float64(b[i]))
		}
	}
	return x, y
}

func equal(a, b []float64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// difference of values that may be infinite: then there is no mean difference.
func difference(m record.Metric, of string, a, b []float64) result.Difference {
	deltas := make([]float64, len(a))
	for i := range a {
		if a[i] != b[i] { // infinite ones are equal, their difference is not a number
			deltas[i] = b[i] - a[i]
		}
	}
	d := result.Difference{
		Metric: m.Name, Of: of, Unit: m.Unit, Pairs: len(a),
		A: stat.Value(gonum.Mean(a, nil)), B: stat.Value(gonum.Mean(b, nil)),
		Delta: stat.Value(gonum.Mean(deltas, nil)), Interval: stat.StudentT(deltas), P: stat.PairedP(deltas),
	}
	if math.IsInf(float64(d.Delta), 0) {
		d.Delta = stat.Missing
	}
	d.Significant = d.Low.Known() && (d.Low > 0 || d.High < 0)
	return d
}
