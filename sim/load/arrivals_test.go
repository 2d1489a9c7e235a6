package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/kube-rehearse/rehearse/sim"
)

// fits holds that a sample comes from a continuous law, by Kolmogorov and
// Smirnov at 0.1 %. Below from, where the rounding to a nanosecond shows, only
// the number of values is judged.
func fits(t *testing.T, sample []float64, from float64, cdf func(float64) float64, what string) {
	t.Helper()
	slices.Sort(sample)
	n, worst := float64(len(sample)), 0.0
	for i, x := range sample {
		if x < from {
			continue
		}
		f := cdf(x)
		worst = max(worst, f-float64(i)/n, float64(i+1)/n-f)
	}
	assert.Less(t, worst*math.Sqrt(n), 1.95, "%s: distance %.5f of %d", what, worst, len(sample))
}

// all is the arrivals of a stream up to the horizon.
func all(t *testing.T, a arrivals) []sim.Time {
	t.Helper()
	var list []sim.Time
	for at := a.next(); at != sim.Never; at = a.next() {
		if len(list) > 0 {
			require.GreaterOrEqual(t, at, list[len(list)-1])
		}
		list = append(list, at)
	}
	return list
}

// renewalLaws are the gap laws at several CVs, with their distribution
// functions from gonum.
func renewalLaws() map[string]struct {
	law Law
	cv  float64
	cdf func(float64) float64
} {
	laws := map[string]struct {
		law Law
		cv  float64
		cdf func(float64) float64
	}{}
	for _, cv := range []float64{0.3, 1, 1.22, 2.5, 9} {
		shape := 1 / (cv * cv)
		laws[fmt.Sprintf("gamma %v", cv)] = struct {
			law Law
			cv  float64
			cdf func(float64) float64
		}{Gamma, cv, distuv.Gamma{Alpha: shape, Beta: shape}.CDF}
		k := weibullShape(cv)
		laws[fmt.Sprintf("weibull %v", cv)] = struct {
			law Law
			cv  float64
			cdf func(float64) float64
		}{Weibull, cv, distuv.Weibull{K: k, Lambda: 1 / math.Gamma(1+1/k)}.CDF}
	}
	return laws
}

// The shape of a Weibull law is found for every CV that is allowed: gonum's
// moments of that shape give the CV back.
func TestWeibullShapeHasItsCV(t *testing.T) {
	for _, cv := range []float64{MinCV, 0.1, 0.5, 1, 2, 13.2, MaxCV} {
		w := distuv.Weibull{K: weibullShape(cv), Lambda: 1}
		assert.InEpsilon(t, cv, w.StdDev()/w.Mean(), 1e-6)
	}
	assert.InDelta(t, 1, weibullShape(1), 1e-9)
}

// Gaps follow their law, the first one the equilibrium law
// ∫(1−F), and the CV is the one asked for.
func TestGapsFollowTheirLaw(t *testing.T) {
	const n = 20_000
	for name, l := range renewalLaws() {
		r := rand.New(rand.NewPCG(11, 3))
		g := newGaps(l.law, l.cv)
		gap, residual := make([]float64, n), make([]float64, 4000)
		for i := range gap {
			gap[i] = g.Gap(r)
		}
		for i := range residual {
			residual[i] = g.Residual(r)
		}
		if l.cv <= 2.5 { // the sample CV of a heavier tail is too noisy to judge
			mean, deviation := stat.MeanStdDev(gap, nil)
			assert.InEpsilon(t, l.cv, deviation/mean, 0.1, name)
		}
		fits(t, gap, 0, l.cdf, name)
		// Bins that are equally likely under the equilibrium law would need its
		// quantiles; its distribution function is enough for the distance.
		grid, area := []float64{0}, []float64{0}
		for x := 1e-6; x < 1e5; x *= 1.02 {
			last := len(grid) - 1
			area = append(area, area[last]+quad.Fixed(func(u float64) float64 { return 1 - l.cdf(u) }, grid[last], x, 8, nil, 0))
			grid = append(grid, x)
		}
		fits(t, residual, 0, func(x float64) float64 {
			i, _ := slices.BinarySearch(grid, x)
			i = min(max(1, i), len(grid)-1)
			return area[i-1] + (area[i]-area[i-1])*(x-grid[i-1])/(grid[i]-grid[i-1])
		}, name+" residual")
	}
}

// Time change: on the clock of the rate's integral, the gaps of every process
// over every shape follow the gap law.
func TestArrivalsFollowTheirLawOverEveryRate(t *testing.T) {
	horizon := sim.Time(2000 * time.Second)
	laws := renewalLaws()
	for name, rate := range everyRate(t) {
		if rate.Max() == 0 || rate.Integral(horizon) == 0 {
			continue
		}
		for _, traffic := range []struct {
			Traffic
			cdf func(float64) float64
		}{
			{Traffic{Rate: rate}, distuv.Exponential{Rate: 1}.CDF},
			{Traffic{Rate: rate, Law: Gamma, CV: 2.5}, laws["gamma 2.5"].cdf},
			{Traffic{Rate: rate, Law: Gamma, CV: 0.3}, laws["gamma 0.3"].cdf},
			{Traffic{Rate: rate, Law: Weibull, CV: 1.22}, laws["weibull 1.22"].cdf},
		} {
			list := all(t, newArrivals(&traffic.Traffic, horizon, rand.New(rand.NewPCG(5, 7))))
			require.NotEmpty(t, list, "%s %s", name, traffic.Law)
			var gaps []float64
			for i := 1; i < len(list); i++ {
				gaps = append(gaps, rate.Integral(list[i])-rate.Integral(list[i-1]))
			}
			fits(t, gaps, 1e-6, traffic.cdf, fmt.Sprintf("%s %s %v", name, traffic.Law, traffic.CV))
		}
	}
}

// bursty are the processes whose scatter is not Poisson's.
func bursty(rate Rate) map[string]Traffic {
	return map[string]Traffic{
		"gamma":   {Rate: rate, Law: Gamma, CV: 3},
		"even":    {Rate: rate, Law: Gamma, CV: 0.2},
		"weibull": {Rate: rate, Law: Weibull, CV: 4},
		"on-off":  {Rate: rate, Law: MMPP, States: OnOff(2*time.Second, 6*time.Second)},
		"mmpp": {Rate: rate, Law: MMPP, States: []State{{1, 3 * time.Second}, {0, time.Second},
			{5, 500 * time.Millisecond}}},
	}
}

// From the first instant on, as many requests are expected as the rate says:
// the mean of every tenth of the time is within its 99.9 % interval.
func TestMeansAreExactFromTheStart(t *testing.T) {
	const replications, bins = 1500, 10
	horizon := sim.Time(20 * time.Second)
	for name, rate := range map[string]Rate{"constant": Constant{4}, "ramp": Ramp{0, 8, 15 * time.Second}} {
		for process, traffic := range bursty(rate) {
			counts := make([][]float64, bins)
			for i := range counts {
				counts[i] = make([]float64, replications)
			}
			for r := range replications {
				for _, at := range all(t, newArrivals(&traffic, horizon, rand.New(rand.NewPCG(uint64(r), 1)))) {
					counts[min(bins-1, int(at*bins/horizon))][r]++
				}
			}
			for i, count := range counts {
				from, to := horizon/bins*sim.Time(i), horizon/bins*sim.Time(i+1)
				want := rate.Integral(to) - rate.Integral(from)
				mean, deviation := stat.MeanStdDev(count, nil)
				assert.InDelta(t, want, mean, 3.5*deviation/math.Sqrt(replications), "%s %s, tenth %d", name, process, i)
			}
		}
	}
}

// The inverse of the integral is the first nanosecond that reaches the count.
func TestReachIsTheFirstInstantOfACount(t *testing.T) {
	horizon := sim.Time(100 * time.Second)
	for name, rate := range everyRate(t) {
		r := rand.New(rand.NewPCG(1, 1))
		for range 300 {
			low := sim.Time(r.Int64N(int64(horizon)))
			from, to := rate.Integral(low), rate.Integral(horizon)
			n := from + (to-from)*(1-r.Float64())
			if n <= from {
				continue
			}
			at := reach(rate, low, horizon, n)
			require.Greater(t, at, low, name)
			require.LessOrEqual(t, at, horizon, name)
			require.InDelta(t, n, rate.Integral(at), 1e-7*rate.Max()+1e-9, name)
			if at-2 > low {
				require.LessOrEqual(t, rate.Integral(at-2), n+1e-12*n, name)
			}
		}
	}
}

func TestBadProcessesAreErrors(t *testing.T) {
	for _, cv := range []float64{0, -1, math.NaN(), math.Inf(1), 0.001, 101} {
		assert.ErrorContains(t, CheckCV(cv), "must be from 0.01 to 100, got")
	}
	assert.NoError(t, CheckCV(1))
	for want, states := range map[string][]State{
		": must be at least 2, got 1":                        {{1, time.Second}},
		"[1].weight: must be at least 0 and finite, got -1":  {{1, time.Second}, {-1, time.Second}},
		"[0].weight: must be at least 0 and finite, got NaN": {{math.NaN(), time.Second}, {1, time.Second}},
		"[1].dwell: must be at least 1ms, got 0s":            {{1, time.Second}, {1, 0}},
		": must have a weight above 0":                       {{0, time.Second}, {0, time.Second}},
	} {
		assert.EqualError(t, CheckStates(states), want)
	}
}

// No process allocates for an arrival.
func TestArrivalsDoNotAllocate(t *testing.T) {
	spike, err := Spike{Base: 50, Peak: 90, At: time.Minute, Rise: time.Minute, Hold: time.Hour}.Rate()
	require.NoError(t, err)
	for _, rate := range []Rate{Constant{50}, spike} {
		processes := bursty(rate)
		processes["poisson"], processes["paced"] = Traffic{Rate: rate}, Traffic{Rate: rate, Law: Paced}
		for name, traffic := range processes {
			a := newArrivals(&traffic, sim.Time(10*time.Hour), rand.New(rand.NewPCG(1, 1)))
			assert.Zero(t, testing.AllocsPerRun(1000, func() { a.next() }), name)
		}
	}
}

func BenchmarkArrivals(b *testing.B) {
	rate := Diurnal{Mean: 100, Amplitude: 0.8, Period: time.Hour}
	processes := bursty(rate)
	processes["poisson"], processes["paced"] = Traffic{Rate: rate}, Traffic{Rate: rate, Law: Paced}
	for name, traffic := range processes {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			a := newArrivals(&traffic, sim.Time(1e6*time.Second), rand.New(rand.NewPCG(1, 1)))
			for b.Loop() {
				a.next()
			}
		})
	}
}
