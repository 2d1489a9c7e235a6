package result

import "github.com/kube-rehearse/rehearse/report/stat"

// ComparisonSchemaName names the version of Comparison's JSON form.
const ComparisonSchemaName = "rehearse.dev/comparison/v1alpha1"

// Comparison sets the metrics of two results side by side. Replications of
// one number share their random draws, so the differences are taken pair by
// pair, which leaves out what both have in common.
type Comparison struct {
	Schema string `json:"schema"`
	A      string `json:"a"` // names of the two
	B      string `json:"b"`
	// Partial is true when one of them was stopped before its end.
	Partial bool `json:"partial,omitempty"`
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
	A stat.Value `json:"meanA"`
	B stat.Value `json:"meanB"`
	// Delta is the mean difference with its interval, P the p-value of
	// Student's paired t-test.
	Delta stat.Value `json:"delta"`
	stat.Interval
	P     stat.Value `json:"p"`
	Pairs int        `json:"pairs"`
	// Significant is true when the interval does not hold 0.
	Significant bool `json:"significant"`
}
