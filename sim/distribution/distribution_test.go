package distribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var plain = Unit{
	Parse: func(s string) (float64, error) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, fmt.Errorf("must be a number, got %q", s)
		}
		return v, nil
	},
	Format: func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) },
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Dist{
		"3": Constant(3), "exponential(2)": Exponential(2), " uniform( 1 , 4 ) ": Uniform{1, 4},
		"lognormal(2, 9)": LogNormalFromMedianP99(2, 9), "pareto(2, 9)": ParetoFromMedianP99(2, 9),
	} {
		d, err := Parse(text, plain)
		require.NoError(t, err, text)
		assert.Equal(t, want, d, text)
	}
	for text, want := range map[string]string{
		"":                "must be a number",
		"-1":              "must be positive",
		"NaN":             "must be positive",
		"exponential(0)":  "must be positive",
		"exponential(1":   "must close its bracket",
		"uniform(4, 1)":   "must have MAX at or above MIN",
		"uniform(4)":      "must be uniform(MIN, MAX)",
		"lognormal(2, 1)": "must have P99 at or above MEDIAN",
		"pareto(2, 2)":    "must have P99 above MEDIAN",
		"pareto(2, 100)":  "must have a mean: P99 below 50 times MEDIAN",
		"normal(1, 2)":    "must be a value or one of",
	} {
		_, err := Parse(text, plain)
		assert.ErrorContains(t, err, want, text)
	}
}

// Samples have the mean and the percentiles that the notation names.
func TestSamples(t *testing.T) {
	const n = 200_000
	for _, d := range []Dist{Constant(3), Exponential(2), Uniform{1, 4}, LogNormalFromMedianP99(2, 9),
		ParetoFromMedianP99(2, 9)} {
		r := rand.New(rand.NewPCG(1, 2))
		values := make([]float64, n)
		sum := 0.0
		for i := range values {
			values[i] = d.Sample(r)
			sum += values[i]
			require.GreaterOrEqual(t, values[i], 0.0)
		}
		assert.InEpsilon(t, d.Mean(), sum/n, 0.02, "%s", d)
		switch d.(type) {
		case LogNormal, Pareto:
			slices.Sort(values)
			assert.InEpsilon(t, 2, values[n/2], 0.02)
			assert.InEpsilon(t, 9, values[n*99/100], 0.03)
		}
		again, err := Parse(d.String(), plain)
		require.NoError(t, err)
		assert.InEpsilon(t, d.Mean(), again.Mean(), 1e-9, "%s reads back", d)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "exponential(2)", "uniform(1,2)", "lognormal(1, 2)", "((", "uniform(,)",
		"lognormal(1e308, 1e308)", "pareto(1, 49)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text, plain)
		if err != nil {
			return
		}
		if v := d.Sample(rand.New(rand.NewPCG(1, 1))); v < 0 || math.IsNaN(v) {
			t.Fatalf("%q draws %v", text, v)
		}
	})
}
