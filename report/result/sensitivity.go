package result

import "github.com/kube-rehearse/rehearse/sim/record"

// Sensitivity is what came of running again with numbers that nobody gave halved and
// doubled, with the same luck.
type Sensitivity struct {
	// Runs is how many such runs were made, each of so many replications.
	Runs         int `json:"runs"`
	Replications int `json:"replications"`
	// Complete is false when the budget of runs ended before all was tried.
	Complete bool   `json:"complete"`
	Flips    []Flip `json:"flips"`
}

// Flip is a number that nobody gave and that a finding stands or falls with.
type Flip struct {
	record.Guess
	// Rule and Object are those of the finding.
	Rule   string `json:"rule"`
	Object string `json:"object"`
	// Holds says whether the finding is there with the number as it was guessed.
	Holds bool `json:"holds"`
	// Above says that it is there above BreakEven, and not below; else it is the other
	// way round. BreakEven is in the unit of the guess, to within 5 %.
	Above     bool    `json:"above"`
	BreakEven float64 `json:"breakEven"`
}
