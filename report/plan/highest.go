package plan

import "math"

// Bounds of the search for the highest load: from 2^-mostDoublings times to
// 2^mostDoublings times the given one, to a precision of a part of it.
const (
	mostDoublings = 10
	precision     = 0.02
)

// Highest looks for the highest load that holds, as a factor of the given one: it doubles
// or halves it until it has one that holds and one that does not, and bisects between
// them. It takes more load to be never easier. carries is 0 when none holds, and breaks
// is infinite when all do.
func Highest(holds func(factor float64) (bool, error)) (carries, breaks float64, err error) {
	carries, breaks = 0, math.Inf(1)
	factor := 1.0
	for range mostDoublings + 1 {
		is, err := holds(factor)
		if err != nil {
			return 0, 0, err
		}
		if is {
			carries = factor
		} else {
			breaks = factor
		}
		if carries > 0 && !math.IsInf(breaks, 1) {
			break
		}
		factor = map[bool]float64{true: 2, false: 0.5}[is] * factor
	}
	if carries == 0 || math.IsInf(breaks, 1) {
		return carries, breaks, nil
	}
	for breaks/carries > 1+precision {
		middle := (carries + breaks) / 2
		is, err := holds(middle)
		if err != nil {
			return 0, 0, err
		}
		if is {
			carries = middle
		} else {
			breaks = middle
		}
	}
	return carries, breaks, nil
}
