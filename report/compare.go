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

// Compared is a result with the name of its setting.
type Compared struct {
	Name string
	*result.Result
}

// Corrections of p-values for the number of tests.
const (
	Holm         = "holm"
	NoCorrection = "none"
)

// CompareOptions say what is called a difference.
type CompareOptions struct {
	// Correction is Holm when left out.
	Correction string
	// MinShare is the smallest difference that matters, as a share of the base's mean, of
	// all metrics but ratios; MinEffect is that of single metrics in their units.
	MinShare  float64
	MinEffect map[string]float64
}

// Compare sets results beside the first. Only the replications that all have count.
func Compare(all []Compared, o CompareOptions) *result.Comparison {
	base := all[0]
	c := &result.Comparison{Schema: result.ComparisonSchemaName, Pairs: math.MaxInt, Correction: o.Correction,
		Differences: []result.Difference{}, Notes: notesOn(all)}
	if c.Correction == "" {
		c.Correction = Holm
	}
	values := make([]map[string][]stat.Value, len(all))
	for i, r := range all {
		c.Settings = append(c.Settings, r.Name)
		c.Pairs = min(c.Pairs, r.Replications)
		values[i] = r.Values
		c.Partial = c.Partial || !r.Verdict.Complete
	}
	if c.Partial {
		for _, r := range all {
			c.Pairs = min(c.Pairs, r.Completed)
		}
	}
	alone := 0
	for _, m := range record.Metrics {
		for _, key := range keysOf(m.Name, values...) {
			var list []result.Difference
			equals, lonely := 0, 0
			for i, r := range all[1:] {
				x, y := paired(values[0][key], values[i+1][key])
				if len(x) == 0 {
					lonely += min(1, len(stat.Known(values[0][key]))+len(stat.Known(values[i+1][key])))
					continue
				}
				_, of, _ := strings.Cut(key, " ")
				d := difference(m, of, x, y)
				d.Setting = r.Name
				if d.Equal = equal(x, y); d.Equal {
					equals++
				}
				list = append(list, d)
			}
			alone += min(1, lonely)
			switch {
			case equals < len(list):
				c.Differences = append(c.Differences, list...)
			case len(list) > 0:
				c.Equal++
			}
		}
	}
	c.Estimates = estimates(all)
	o.judge(c)
	if alone > 0 {
		c.Notes = append(c.Notes, words.CountOf(alone, "metric")+" left out: "+
			map[bool]string{true: "only one side has values", false: base.Name + " or another one has no values"}[len(all) == 2])
	}
	return c
}

// judge corrects the p-values and says which differences are borne out and matter.
func (o CompareOptions) judge(c *result.Comparison) {
	ps := make([]stat.Value, len(c.Differences))
	for i, d := range c.Differences {
		ps[i] = d.P
		if d.Equal {
			ps[i] = stat.Missing // no luck is in it, so that it is no test
		}
	}
	adjusted := ps
	if c.Correction == Holm {
		adjusted = stat.Holm(ps)
	}
	taken := 0
	for i := range c.Differences {
		d := &c.Differences[i]
		d.Adjusted = adjusted[i]
		if d.Adjusted.Known() {
			c.Tests++
		}
		d.Small = math.Abs(float64(d.Delta)) < o.least(*d)
		d.Significant = d.Adjusted.Known() && d.Adjusted < 1-stat.Level && !d.Small
		if d.P.Known() && d.P < 1-stat.Level && !d.Equal && !d.Small && !d.Significant {
			taken++
		}
	}
	if taken > 0 {
		c.Notes = append(c.Notes, words.CountOf(taken, "difference")+" would be borne out without the correction: more "+
			"--replications tell")
	}
}

// least is the smallest difference of a metric that matters.
func (o CompareOptions) least(d result.Difference) float64 {
	if least, has := o.MinEffect[d.Metric]; has {
		return least
	}
	if d.Unit == "ratio" {
		return 0
	}
	return o.MinShare * math.Abs(float64(d.A))
}

// notesOn says what weakens the comparison.
func notesOn(all []Compared) []string {
	notes := []string{}
	note := func(text string) {
		if !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	a := all[0]
	pairs, complete := a.Replications, a.Verdict.Complete
	for _, b := range all[1:] {
		pairs, complete = min(pairs, b.Replications), complete && b.Verdict.Complete
		if a.Replications != b.Replications {
			note(fmt.Sprintf("%d and %d replications: only the first %d are paired", a.Replications, b.Replications,
				min(a.Replications, b.Replications)))
		}
		if a.Seed != b.Seed {
			note(fmt.Sprintf("seeds %d and %d: the replications do not share their draws, the intervals are wider for it",
				a.Seed, b.Seed))
		}
		if a.Duration != b.Duration {
			note(fmt.Sprintf("durations %s and %s: counts are not comparable", words.Time(a.Duration), words.Time(b.Duration)))
		}
	}
	if !complete {
		note("an interrupted run: only complete replications are paired")
	}
	if pairs < 2 {
		note("one pair: a difference can't be told from chance; no intervals")
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
	if m.IsShare() {
		d.Interval = d.Interval.Clip(-float64(d.A), 1-float64(d.A))
	}
	return d
}
