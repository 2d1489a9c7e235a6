package result

import "github.com/kube-rehearse/rehearse/report/stat"

// ComparisonSchemaName names the version of Comparison's JSON form.
const ComparisonSchemaName = "rehearse.dev/comparison/v1alpha2"

// Comparison sets the metrics of several results beside those of the first. Replications
// of one number share their random draws, so the differences are taken pair by pair,
// which leaves out what both have in common.
type Comparison struct {
	Schema string `json:"schema"`
	// Settings are the names of what is compared; the first is the base.
	Settings []string `json:"settings"`
	// Partial is true when one of them was stopped before its end.
	Partial bool `json:"partial,omitempty"`
	// Pairs is how many replications all have.
	Pairs int `json:"pairs"`
	// Correction is how p-values are corrected for the number of Tests: holm or none.
	Correction  string       `json:"correction"`
	Tests       int          `json:"tests"`
	Differences []Difference `json:"differences"`
	// Estimates are of all replications together, so that there are no pairs and no test.
	Estimates []Estimated `json:"estimates"`
	// Equal counts the metrics that have the same value in every pair of all settings.
	Equal int      `json:"equal"`
	Notes []string `json:"notes"`
}

// Estimated is an estimate of each setting, in the order of Settings.
type Estimated struct {
	// What is oom.perPodDay, the risk that a pod is killed within a day at its present
	// limits, or memory.limitForTarget, the limit that keeps this risk at the target.
	What   string          `json:"what"`
	Of     string          `json:"of"` // a workload, or one and its container
	Unit   string          `json:"unit"`
	Values []stat.Estimate `json:"values"`
}

// Difference is that of one metric of one object, of a setting and the base.
type Difference struct {
	Metric  string `json:"metric"`
	Of      string `json:"of"`
	Unit    string `json:"unit"`
	Setting string `json:"setting"`
	// A and B are the means over the pairs, of the base and of the setting.
	A stat.Value `json:"meanBase"`
	B stat.Value `json:"mean"`
	// Delta is the mean of B − A with its interval, P the p-value of Student's paired
	// t-test, and Adjusted that with the correction.
	Delta stat.Value `json:"delta"`
	stat.Interval
	P        stat.Value `json:"p"`
	Adjusted stat.Value `json:"pAdjusted"`
	Pairs    int        `json:"pairs"`
	// Equal is true when the two have the same value in every pair.
	Equal bool `json:"equal,omitempty"`
	// Small is true when the difference is smaller than one that matters.
	Small bool `json:"small,omitempty"`
	// Significant is true when the corrected p-value is below 5 %, and the difference is
	// not Small.
	Significant bool `json:"significant"`
}
