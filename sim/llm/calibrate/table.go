package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Spread is how far rows of a metric are off: the median and the 90th percentile
// of the absolute relative errors.
type Spread struct {
	Rows              int
	Median, Ninetieth float64
}

// SpreadOf sums up errors.
func SpreadOf(errors []Error) Spread {
	values := make([]float64, 0, len(errors))
	for i := range errors {
		values = append(values, math.Abs(errors[i].Relative()))
	}
	if len(values) == 0 {
		return Spread{}
	}
	return Spread{len(values), quantile(values, .5), quantile(values, .9)}
}

func (s Spread) String() string {
	if s.Rows == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%% (%.0f%%)", 100*s.Median, 100*s.Ninetieth)
}

// Group is the rows of an engine's generation, a family of models, and a GPU.
type Group struct {
	Engine, Family, GPU string
	Rows                int
	Metrics             [metrics]Spread
}

// Groups sorts errors into groups, and these by name.
func Groups(errors []Error) (groups []Group) {
	by := map[Group][]Error{}
	rows := map[Group]map[*Row]bool{}
	for _, e := range errors {
		key := Group{Engine: e.Generation, Family: family(e.Row.Model), GPU: e.Row.GPU}
		by[key] = append(by[key], e)
		if rows[key] == nil {
			rows[key] = map[*Row]bool{}
		}
		rows[key][e.Row] = true
	}
	for key, list := range by {
		g := key
		g.Rows = len(rows[key])
		for m := range metrics {
			g.Metrics[m] = SpreadOf(OfMetric(list, m))
		}
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b Group) int { return strings.Compare(a.name(), b.name()) })
	return groups
}

func (g *Group) name() string { return g.Engine + " | " + g.Family + " | " + g.GPU }

// OfMetric are the errors of one metric.
func OfMetric(errors []Error, m Metric) (some []Error) {
	for _, e := range errors {
		if e.Metric == m {
			some = append(some, e)
		}
	}
	return some
}

// family is the kind of a model: its model_type, so that sizes stand together.
func family(repository string) string {
	m, err := findModel(repository, "")
	if err != nil {
		return "unknown"
	}
	if m.Experts > 0 {
		return strings.TrimSuffix(m.Kind, "_text") + " (experts)"
	}
	return m.Kind
}
