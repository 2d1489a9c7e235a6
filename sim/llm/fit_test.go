package llm

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// measurement is a line of testdata/measured.csv: the median time of one
// iteration.
type measurement struct {
	setup   Setup
	batch   batch
	seconds float64
	prompt  bool
}

func measurements(t *testing.T) (list []measurement) {
	f, err := os.Open("testdata/measured.csv")
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	require.NoError(t, err)
	number := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		return v
	}
	for _, row := range rows[1:] {
		model, err := FindModel(row[0])
		require.NoError(t, err)
		gpu, err := FindGPU(row[1])
		require.NoError(t, err)
		s := Setup{Model: model, GPU: gpu, TensorParallel: int(number(row[2]))}
		prompt, size := int64(number(row[3])), int64(number(row[4]))
		list = append(list,
			measurement{s, batch{sequences: size, tokens: size * prompt, attention: size * prompt * prompt}, number(row[5]) / 1e3, true},
			measurement{s, batch{sequences: size, tokens: size, context: size * (prompt + 64)}, number(row[6]) / 1e3, false})
	}
	return list
}

// fit finds the coefficients with the least squared relative errors, none
// below its least: no GPU reads faster than its bandwidth, or calculates faster
// than it can, and nothing takes less than no time. What would be below stays
// there, the worst first.
func fit(list []measurement) (c coefficients) {
	least := coefficients{termMemory: 1, termCompute: 1}
	c = least
	var used []int
	for i := range c {
		used = append(used, i)
	}
	for {
		a, y := mat.NewDense(len(list), len(used), nil), mat.NewVecDense(len(list), nil)
		for row, m := range list {
			t := m.setup.terms(m.batch)
			for column, i := range used {
				a.Set(row, column, t[i]/m.seconds)
			}
			rest := m.seconds
			for i := range t {
				rest -= least[i] * t[i]
			}
			y.SetVec(row, rest/m.seconds)
		}
		var x mat.VecDense
		if err := x.SolveVec(a, y); err != nil {
			panic(err)
		}
		worst := 0
		for column := range used {
			if x.AtVec(column) < x.AtVec(worst) {
				worst = column
			}
		}
		if x.AtVec(worst) >= 0 {
			for column, i := range used {
				c[i] = least[i] + x.AtVec(column)
			}
			return c
		}
		used = slices.Delete(used, worst, worst+1)
	}
}

// errorsOf are the relative errors of prompts or of decoding, sorted.
func errorsOf(list []measurement, with func(*Setup) coefficients, prompt bool) (all []float64) {
	for _, m := range list {
		if m.prompt != prompt {
			continue
		}
		c := m.setup.cost(with(&m.setup))
		all = append(all, math.Abs(float64(c.iteration(m.batch))/1e12/m.seconds-1))
	}
	slices.Sort(all)
	return all
}

func ofGPU(list []measurement, hopper bool) (some []measurement) {
	for _, m := range list {
		if m.setup.GPU.Hopper == hopper {
			some = append(some, m)
		}
	}
	return some
}

// The coefficients are what the fit to all measurements gives.
func TestCoefficientsAreThoseOfTheFit(t *testing.T) {
	all := measurements(t)
	require.Equal(t, 2*102, len(all))
	for i, want := range fit(ofGPU(all, false)) {
		require.InEpsilon(t, want, ampere[i], 1e-3)
	}
	for i, want := range fit(ofGPU(all, true)) {
		require.InEpsilon(t, want, hopper[i], 1e-3)
	}
}

// What was fitted to one half of the configurations predicts the other half
// within the errors that docs/model.md states.
func TestHeldOutTimesArePredicted(t *testing.T) {
	var halves [2][]measurement
	for i, m := range measurements(t) {
		halves[i/2%2] = append(halves[i/2%2], m)
	}
	for k := range halves {
		with := map[bool]coefficients{}
		for _, hopper := range []bool{false, true} {
			with[hopper] = fit(ofGPU(halves[k], hopper))
		}
		for _, c := range []struct {
			prompt                bool
			median, most, nineten float64
		}{{true, 0.14, 0.5, 0.26}, {false, 0.04, 0.12, 0.09}} {
			e := errorsOf(halves[1-k], func(s *Setup) coefficients { return with[s.GPU.Hopper] }, c.prompt)
			require.Less(t, stat.Quantile(0.5, stat.Empirical, e, nil), c.median)
			require.Less(t, stat.Quantile(0.9, stat.Empirical, e, nil), c.nineten)
			require.Less(t, e[len(e)-1], c.most)
		}
	}
}
