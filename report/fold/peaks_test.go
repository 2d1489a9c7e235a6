package fold

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// drawn are n block maxima of an hour each of the law with the parameters in
// Mi, cut off at the limit, if there is one. A block that crosses it is killed
// at the time of the first crossing, which is exponential.
func drawn(rng *rand.Rand, n int, e stat.Extremes, limit float64) *peakSet {
	s := &peakSet{}
	for range n {
		hours, killed := 1.0, false
		x := e.Level(-math.Log(rng.Float64()))
		if limit > 0 && x >= limit {
			rate := math.Exp(e.LogRate(limit))
			hours = -math.Log1p(rng.Float64()*math.Expm1(-rate)) / rate
			x, killed = limit, true
		}
		s.add(record.Peak{Max: int64(x * (1 << 20)), Seconds: hours * 3600, Age: 3600, Killed: killed})
	}
	return s
}

func TestTheFitRecoversTheLawOfSyntheticPeaks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, truth := range []stat.Extremes{{Location: 500, Scale: 40, Shape: 0}, {Location: 500, Scale: 40, Shape: 0.25},
		{Location: 500, Scale: 40, Shape: -0.25}} {
		p := drawn(rng, 4000, truth, 0).result("c", 0.001)
		require.InDelta(t, truth.Shape, float64(p.Shape), 0.06)
		require.InEpsilon(t, truth.Level(1.0/24)*(1<<20), float64(p.PerDay.Value), 0.04)
		require.Equal(t, truth.Shape == 0, p.Law == "gumbel")
	}
}

// A kill says that the peak is above the limit, not at it: levels above the
// limit come out as without one.
func TestKillsAreCensoredPeaks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	truth := stat.Extremes{Location: 500, Scale: 40, Shape: 0}
	p := drawn(rng, 4000, truth, 560).result("c", 0.001)
	require.Greater(t, p.Killed, int64(500))
	want := truth.Level(-math.Log1p(-0.001)/24) * (1 << 20)
	require.InEpsilon(t, want, float64(p.Limit.Value), 0.04)
	require.Greater(t, float64(p.Limit.Value), 1.1*560*(1<<20))
	// Equal hours, half of the blocks killed at once, in closed form: with the
	// rate known at two levels the scale follows.
	e, _ := stat.FitExtremes([]stat.PeakCell{{X: 0, Blocks: 50, Kills: 0, Hours: 50},
		{X: 1, Blocks: 50, Kills: 0, Hours: 50}, {X: 2, Blocks: 0, Kills: 30, Hours: 15}})
	require.Greater(t, e.Level(0.01), 2.0)
}

// The profile interval of the level of a day holds the truth as often as it
// says.
func TestReturnLevelCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	truth := stat.Extremes{Location: 500, Scale: 40, Shape: 0}
	want, held, n := truth.Level(1.0/24)*(1<<20), 0, 150
	for range n {
		if e := drawn(rng, 100, truth, 0).result("c", 0.001).PerDay; float64(e.Low) <= want && want <= float64(e.High) {
			held++
		}
	}
	require.GreaterOrEqual(t, float64(held)/float64(n), 0.90)
}

func TestPeaksThatCarryNoLawSaySo(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	few := drawn(rng, 19, stat.Extremes{Location: 500, Scale: 40, Shape: 0}, 0).result("c", 0.001)
	require.False(t, few.PerDay.Value.Known())
	require.Contains(t, few.Warnings[0], "19 peaks of 20")
	same, leak, heavy := &peakSet{}, &peakSet{}, drawn(rng, 2000, stat.Extremes{Location: 500, Scale: 40, Shape: 0.8}, 0)
	for i := range 40 {
		same.add(record.Peak{Max: 512 << 20, Seconds: 3600, Age: float64(3600 * i)})
		leak.add(record.Peak{Max: int64(512+10*i+rng.IntN(8)) << 20, Seconds: 3600, Age: float64(3600 * i)})
	}
	p := same.result("c", 0.001)
	require.Equal(t, "deterministic", p.Law)
	require.Greater(t, float64(p.Limit.Value), float64(512<<20))
	require.EqualValues(t, 512<<20, p.PerDay.Value)
	leaking := leak.result("c", 0.001)
	require.Regexp(t,
		`^peaks grow with the age of the process, by about (9\.|10|10\.\d)[\d.]*Mi an hour, as with a leak: .*no limit proposed$`, leaking.Warnings[0])
	require.Empty(t, leaking.Law)
	require.False(t, leaking.PerMonth.Value.Known() || leaking.Limit.Value.Known())
	guess := heavy.result("c", 0.001)
	require.Contains(t, guess.Warnings[0], "heavy")
	require.True(t, guess.PerMonth.Value.Known())
	require.False(t, guess.Limit.Value.Known())
	rare := drawn(rng, 100, stat.Extremes{Location: 500, Scale: 40, Shape: 0}, 0)
	require.Equal(t, []string{
		"1h40m of running time were seen, and the limit is for what happens once in 999d11h: it rests on the law alone"},
		within(rare, 60).result("c", 0.001).Warnings)
	require.Empty(t, rare.result("c", 0.01).Warnings)
	killed := &peakSet{}
	for range 30 {
		killed.add(record.Peak{Max: 512 << 20, Seconds: 60, Killed: true})
	}
	require.Contains(t, killed.result("c", 0.001).Warnings[0], "every peak was cut off")
}

// within is the same peaks in blocks of so many seconds.
func within(s *peakSet, seconds float64) *peakSet {
	shorter := &peakSet{}
	for _, x := range slices.Sorted(maps.Keys(s.cells)) {
		for range int(s.cells[x].Blocks) {
			shorter.add(record.Peak{Max: x, Seconds: seconds, Age: seconds})
		}
	}
	return shorter
}

// Pods that live longer reach higher peaks by chance alone: that is no leak.
// With a leak on top it is one.
func TestLongLivesAreNoLeak(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, leak := range []float64{0, 15} { // Mi an hour
		found, sum := 0, 0.0
		for range 50 {
			s := &peakSet{}
			for range 60 {
				life := 0.1 + 5*rng.Float64() // hours
				for age := 0.0; age < life; age++ {
					length := math.Min(1, life-age)
					x := stat.Extremes{Location: 500, Scale: 40, Shape: 0}.Level(rng.ExpFloat64()/length) + leak*(age+length)
					s.add(record.Peak{Max: int64(x * (1 << 20)), Seconds: length * 3600, Age: (age + length) * 3600})
				}
			}
			perHour, grows := s.trend.Growth()
			sum += perHour * 1024
			if grows {
				found++
			}
		}
		require.InDelta(t, leak, sum/50, 3)
		if leak == 0 {
			require.LessOrEqual(t, found, 2)
		} else {
			require.GreaterOrEqual(t, found, 40)
		}
	}
}
