package calibrate

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// Fitting anew, from what one expects of an engine before anything is measured,
// gives no less error than what is shipped.
func TestCoefficientsAreThoseOfTheFit(t *testing.T) {
	if !*refit {
		t.Skip("takes minutes: go test -refit")
	}
	d, _ := measured(t, 8000)
	for _, g := range timing.Generations() {
		some := d.only(func(x *Experiment) bool { return x.Config.Generation == g })
		if len(some.Experiments) == 0 {
			continue
		}
		c := some.Fit(g.Prior(), 10, func(step int, loss float64) { t.Logf("%s: step %d, loss %.1f", g.Name, step, loss) })
		t.Logf("%s: %+v", g.Name, c)
		fitted, _ := loss(g.Prior(), c, some.Errors(&c))
		shipped, _ := loss(g.Prior(), g.Coefficients, some.Errors(nil))
		require.Less(t, shipped, 1.05*fitted, g.Name)
	}
}

// What is predicted of a model or a GPU that was left out of the fit is worse than
// what was fitted to it by a third at most, over all. The test prints each.
func TestWhatIsLeftOutIsPredicted(t *testing.T) {
	if !*refit {
		t.Skip("takes minutes: go test -refit")
	}
	d, _ := measured(t, 600)
	for _, by := range []struct {
		what string
		of   func(*Row) string
	}{{"model", func(r *Row) string { return r.Model }}, {"GPU", func(r *Row) string { return r.GPU }}} {
		var within, out []Error
		for _, g := range timing.Generations() {
			some := d.only(func(x *Experiment) bool { return x.Config.Generation == g })
			for _, left := range values(some, by.of) {
				rest := some.only(func(x *Experiment) bool { return by.of(x.Row) != left })
				test := some.only(func(x *Experiment) bool { return by.of(x.Row) == left })
				if len(rest.Experiments) < 5 {
					continue // nothing is left to fit to
				}
				c := rest.Fit(g.Prior(), 8, nil) // from what one expects, which knows nothing of what is left out
				before, after := test.Errors(nil), test.Errors(&c)
				within, out = append(within, before...), append(out, after...)
				t.Logf("%s without the %s %s: %s", g.Name, by.what, left, compare(before, after))
			}
		}
		t.Logf("without one %s: %s", by.what, compare(within, out))
	}
}

func values(d *Data, of func(*Row) string) (list []string) {
	for _, x := range d.Experiments {
		list = append(list, of(x.Row))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func compare(before, after []Error) (text string) {
	for _, m := range shown {
		b, a := SpreadOf(OfMetric(before, m)), SpreadOf(OfMetric(after, m))
		if b.Rows > 0 {
			text += fmt.Sprintf("%s %.1f%% -> %.1f%% (%d); ", m, 100*b.Median, 100*a.Median, b.Rows)
		}
	}
	return text
}
