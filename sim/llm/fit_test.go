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

func TestFit(t *testing.T) {
	all := measurements(t)
	for _, hopper := range []bool{false, true} {
		t.Logf("hopper %v: %.4v", hopper, fit(ofGPU(all, hopper)))
	}
	halves := [2][]measurement{}
	for i, m := range all {
		halves[i/2%2] = append(halves[i/2%2], m)
	}
	for k := range halves {
		with := map[bool]coefficients{}
		for _, hopper := range []bool{false, true} {
			with[hopper] = fit(ofGPU(halves[k], hopper))
		}
		for _, prompt := range []bool{true, false} {
			e := errorsOf(halves[1-k], func(s *Setup) coefficients { return with[s.GPU.Hopper] }, prompt)
			t.Logf("fitted on half %d, prompt %v: median %.3f p90 %.3f max %.3f", k, prompt,
				stat.Quantile(0.5, stat.Empirical, e, nil), stat.Quantile(0.9, stat.Empirical, e, nil), e[len(e)-1])
		}
	}
}
