package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// ComparisonSchemaName names the version of Comparison's JSON form.
const ComparisonSchemaName = "rehearse.dev/comparison/v1alpha1"

// Comparison sets the metrics of two results side by side. Replications of
// one number share their random draws, so the differences are taken pair by
// pair, which leaves out what both have in common.
type Comparison struct {
	Schema string `json:"schema"`
	A      string `json:"a"` // names of the two
	B      string `json:"b"`
	// Pairs is how many replications both have.
	Pairs       int          `json:"pairs"`
	Differences []Difference `json:"differences"`
	// Equal counts the metrics that have the same value in every pair.
	Equal int      `json:"equal"`
	Notes []string `json:"notes"`
}

// Difference is that of one metric of one object, B − A.
type Difference struct {
	Metric string `json:"metric"`
	Of     string `json:"of"`
	Unit   string `json:"unit"`
	// A and B are the means over the pairs.
	A Value `json:"meanA"`
	B Value `json:"meanB"`
	// Delta is the mean difference with its interval, P the p-value of
	// Student's paired t-test.
	Delta Value `json:"delta"`
	Interval
	P     Value `json:"p"`
	Pairs int   `json:"pairs"`
	// Significant is true when the interval does not hold 0.
	Significant bool `json:"significant"`
}

// Compare pairs two results. Only the replications that both have count.
func Compare(nameA string, a *Result, nameB string, b *Result) *Comparison {
	c := &Comparison{
		Schema:      ComparisonSchemaName,
		A:           nameA,
		B:           nameB,
		Pairs:       min(a.Replications, b.Replications),
		Differences: []Difference{},
		Notes:       notesOn(a, b),
	}
	alone := 0
	for _, m := range record.Metrics {
		for _, key := range keysOf(m.Name, a.Values, b.Values) {
			pairsA, pairsB := paired(a.Values[key], b.Values[key])
			switch {
			case len(pairsA) == 0:
				if len(known(a.Values[key]))+len(known(b.Values[key])) > 0 {
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
		c.Notes = append(c.Notes, countOf(alone, "metric")+" left out: only one side has values")
	}
	return c
}

// notesOn says what weakens the comparison.
func notesOn(a, b *Result) []string {
	notes := []string{}
	pairs := min(a.Replications, b.Replications)
	if a.Replications != b.Replications {
		notes = append(notes, fmt.Sprintf("%d and %d replications: only the first %d are paired", a.Replications, b.Replications, pairs))
	}
	if a.Seed != b.Seed {
		notes = append(notes, fmt.Sprintf("seeds %d and %d: the replications do not share their draws, the intervals are wider for it", a.Seed, b.Seed))
	}
	if a.Duration != b.Duration {
		notes = append(notes, fmt.Sprintf("durations %s and %s: counts are not comparable", timeText(a.Duration), timeText(b.Duration)))
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
func keysOf(metric string, sides ...map[string][]Value) []string {
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
func paired(a, b []Value) (x, y []float64) {
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
func difference(m record.Metric, of string, a, b []float64) Difference {
	deltas := make([]float64, len(a))
	for i := range a {
		if a[i] != b[i] { // infinite ones are equal, their difference is not a number
			deltas[i] = b[i] - a[i]
		}
	}
	d := Difference{
		Metric: m.Name, Of: of, Unit: m.Unit, Pairs: len(a),
		A: Value(gonum.Mean(a, nil)), B: Value(gonum.Mean(b, nil)),
		Delta: Value(gonum.Mean(deltas, nil)), Interval: StudentT(deltas), P: pairedP(deltas),
	}
	if math.IsInf(float64(d.Delta), 0) {
		d.Delta = Missing
	}
	d.Significant = d.Low.Known() && (d.Low > 0 || d.High < 0)
	return d
}
