package record

import (
	"fmt"
	"strings"
)

// BudgetRule is the bound of a PodDisruptionBudget: Field is maxUnavailable or
// minAvailable, and Bound a number of pods or a percentage, "2" or "30%". It is
// zero where there is no bound. In JSON it is a text, "minAvailable 2".
type BudgetRule struct{ Field, Bound string }

func (r BudgetRule) String() string {
	if r.Field == "" {
		return "no bound"
	}
	return r.Field + " " + r.Bound
}

// MarshalText implements encoding.TextMarshaler.
func (r BudgetRule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *BudgetRule) UnmarshalText(text []byte) error {
	*r = BudgetRule{}
	if string(text) == "no bound" {
		return nil
	}
	field, bound, is := strings.Cut(string(text), " ")
	if !is || (field != "maxUnavailable" && field != "minAvailable") {
		return fmt.Errorf(`rule: must be "maxUnavailable …", "minAvailable …" or "no bound", got %q`, text)
	}
	*r = BudgetRule{field, bound}
	return nil
}
