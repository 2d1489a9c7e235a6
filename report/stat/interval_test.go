package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

func requireInterval(t *testing.T, low, high float64, got Interval) {
	t.Helper()
	require.InEpsilon(t, low, float64(got.Low), 1e-5)
	require.InEpsilon(t, high, float64(got.High), 1e-5)
}

// Values that R's binom.test and poisson.test print, which are also those of
// the tables in textbooks.
func TestExactIntervals(t *testing.T) {
	requireInterval(t, 0.04900469, 0.1762226, ClopperPearson(10, 100))
	requireInterval(t, 0.1870860, 0.8129140, ClopperPearson(5, 10))
	requireInterval(t, 0.001265089, 0.2487328, ClopperPearson(1, 20))
	requireInterval(t, 1.623486, 11.66833, Garwood(5, 1))
	requireInterval(t, 4.795389, 18.39036, Garwood(10, 1))
	requireInterval(t, 0.02531781, 5.571643, Garwood(1, 1))
	requireInterval(t, 4.795389/7, 18.39036/7, Garwood(10, 7))
}

// The interval must hold exactly those parameters that the tail sums of the
// distribution do not reject: the definition, without the quantile functions.
func TestExactIntervalsAgainstTailSums(t *testing.T) {
	for _, c := range []struct{ k, n int64 }{{1, 3}, {2, 20}, {19, 20}, {7, 300}, {3, 100000}} {
		got := ClopperPearson(c.k, c.n)
		atLeast := distuv.Binomial{N: float64(c.n), P: float64(got.Low)}.Survival(float64(c.k - 1))
		atMost := distuv.Binomial{N: float64(c.n), P: float64(got.High)}.CDF(float64(c.k))
		require.InEpsilon(t, 0.025, atLeast, 1e-4, c)
		require.InEpsilon(t, 0.025, atMost, 1e-4, c)
	}
	for _, k := range []int64{1, 4, 60} {
		got := Garwood(k, 1)
		require.InEpsilon(t, 0.025, distuv.Poisson{Lambda: float64(got.Low)}.Survival(float64(k-1)), 1e-4, k)
		require.InEpsilon(t, 0.025, distuv.Poisson{Lambda: float64(got.High)}.CDF(float64(k)), 1e-4, k)
	}
}

// R: binom.test(0, 100), binom.test(100, 100), poisson.test(0).
func TestIntervalsAtTheEdge(t *testing.T) {
	never := ClopperPearson(0, 100)
	require.Zero(t, never.Low)
	require.InDelta(t, 0.03621669, float64(never.High), 1e-8)
	always := ClopperPearson(100, 100)
	require.InDelta(t, 0.9637833, float64(always.Low), 1e-7)
	require.EqualValues(t, 1, always.High)
	require.Zero(t, Garwood(0, 1).Low)
	require.InDelta(t, 3.688879, float64(Garwood(0, 1).High), 1e-6)
	require.InEpsilon(t, 3.688879e-9, float64(ClopperPearson(0, 1e9).High), 1e-6)

	for name, got := range map[string]Interval{
		"no trials":    ClopperPearson(0, 0),
		"too many":     ClopperPearson(2, 1),
		"no exposure":  Garwood(1, 0),
		"NaN exposure": Garwood(1, math.NaN()),
		"one value":    StudentT([]float64{1}),
		"infinite":     StudentT([]float64{1, math.Inf(1)}),
	} {
		require.False(t, got.Low.Known() || got.High.Known(), name)
	}
}

// Student's sleep data (Biometrika 6, 1908): the differences of two drugs in
// ten patients give t = 4.0621, p = 0.002833 and [0.7001, 2.4599].
func TestStudentTOfSleepData(t *testing.T) {
	differences := []float64{1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4}
	requireInterval(t, 0.7001142, 2.4598858, StudentT(differences))
	require.InDelta(t, 0.00283289, float64(PairedP(differences)), 1e-7)
	require.EqualValues(t, 1, PairedP([]float64{0, 0}))
	require.EqualValues(t, 0, PairedP([]float64{2, 2}))
	require.False(t, PairedP([]float64{1}).Known())
}

// Intervals must hold the truth at least as often as they say: the exact ones
// always, Student's of normal values in 95 % of cases.
func TestCoverage(t *testing.T) {
	const runs = 3000
	rng := rand.New(rand.NewPCG(11, 12))
	covers := func(truth float64, draw func() Interval) float64 {
		held := 0
		for range runs {
			i := draw()
			if !(float64(i.Low) > truth) && !(float64(i.High) < truth) {
				held++
			}
		}
		return float64(held) / runs
	}
	// Three standard errors of a proportion of 0.95 in 3,000 runs: 0.012.
	for _, p := range []float64{0.01, 0.07, 0.1, 0.5, 0.97} {
		binomial := distuv.Binomial{N: 40, P: p, Src: rng}
		got := covers(p, func() Interval { return ClopperPearson(int64(binomial.Rand()), 40) })
		require.GreaterOrEqual(t, got, 0.938, p)
	}
	for _, lambda := range []float64{0.5, 3, 3.6, 20} {
		poisson := distuv.Poisson{Lambda: lambda, Src: rng}
		got := covers(lambda/4, func() Interval { return Garwood(int64(poisson.Rand()), 4) })
		require.GreaterOrEqual(t, got, 0.938, lambda)
	}
	got := covers(7, func() Interval {
		xs := make([]float64, 5)
		for i := range xs {
			xs[i] = 7 + 2*rng.NormFloat64()
		}
		return StudentT(xs)
	})
	require.InDelta(t, Level, got, 0.012)
}
