package report

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// oomTape runs three pods for a day; the first is killed at each of the hours.
func oomTape(hours ...int) *tape {
	tp := &tape{}
	run := agentRun(1)
	run.Duration = sim.Time(24 * time.Hour)
	tp.add(run)
	for i := range 3 {
		tp.podUp(podName(i), agent, "a", "cpu-1", 0, 0, true)
	}
	for n, h := range hours {
		t := time.Duration(h)*time.Hour + time.Second
		tp.add(
			record.ContainerExited{At: tp.at(t), Pod: podName(0), Container: "agent", ExitCode: 137, Reason: "OOMKilled", Cause: "oom", Limit: 2 * gi, Memory: 2 * gi},
			record.ContainerStarted{At: tp.at(t), Pod: podName(0), Container: "agent", Restarts: int32(n + 1)},
		)
	}
	tp.end(24*time.Hour + time.Second)
	return tp
}

// A container in a crash loop is one pod at risk: its later kills raise the
// count of kills, not the risk.
func TestOOMRiskCountsPodsAtTheirFirstKill(t *testing.T) {
	once := oomTape(6).build(t).OOM.Workloads[agent]
	loop := oomTape(6, 7, 8, 9, 10, 11).build(t).OOM.Workloads[agent]
	require.EqualValues(t, 1, once.Kills)
	require.EqualValues(t, 6, loop.Kills)
	require.Equal(t, once.PerPodDay, loop.PerPodDay)
	require.InDelta(t, 3, once.PodDays, 1e-9)

	// One event in 6 h + 2 × 24 h of time at risk: 2.25 pod-days.
	rate := stat.Garwood(1, 2.25)
	require.InDelta(t, 1-math.Exp(-1/2.25), float64(once.PerPodDay.Value), 1e-9)
	require.InDelta(t, 1-math.Exp(-float64(rate.Low)), float64(once.PerPodDay.Low), 1e-9)
	require.InDelta(t, 1-math.Exp(-float64(rate.High)), float64(once.PerPodDay.High), 1e-9)
	require.False(t, once.Extrapolated)
	require.EqualValues(t, 1, once.RunsHit)
}

// What never happened is bounded from above, not estimated as 0.
func TestOOMRiskWithoutKills(t *testing.T) {
	none := oomTape().build(t).OOM.Workloads[agent]
	require.False(t, none.PerPodDay.Value.Known())
	require.InDelta(t, -math.Expm1(math.Log(0.025)/3), float64(none.PerPodDay.High), 1e-9)
}

// A risk that has no estimate is told by its upper bound, where that says anything.
func TestRiskText(t *testing.T) {
	require.Equal(t, "< 71 %", riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.70756}}))
	require.Equal(t, "< 1.2 %", riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.01151}}))
	require.Equal(t, "< 0.012 %", riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.00012}}))
	require.Equal(t, "unknown", riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.9999}}))
	require.Equal(t, "-", riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Unbounded}))
}

// Quantiles over time against sorted samples, for pods with buckets of
// different widths.
func TestMemoryQuantilesAgainstSamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for range 50 {
		m := newMemory()
		var samples []float64
		for _, width := range []int64{16, 40} {
			rec := record.ContainerMemory{Pod: "p", BucketBytes: width}
			counts := map[int]float64{}
			for range 500 {
				v := rng.Int64N(4000)
				samples = append(samples, float64(v))
				counts[int(v/width)]++
				rec.Max = max(rec.Max, v)
			}
			for _, i := range slices.Sorted(maps.Keys(counts)) {
				rec.Seconds = append(rec.Seconds, record.Bucket{Index: i, Weight: counts[i]})
			}
			m.add(rec, 0)
		}
		for _, q := range []float64{0, 0.01, 0.5, 0.99, 1} {
			below, at := 0.0, 0.0
			got := float64(m.quantile(q))
			for _, s := range samples {
				if s <= got-40 {
					below++
				}
				if s <= got+40 {
					at++
				}
			}
			n := float64(len(samples))
			require.LessOrEqual(t, below/n, q+1e-9)
			require.GreaterOrEqual(t, at/n, q-1e-9)
		}
		require.LessOrEqual(t, m.quantile(1), stat.Value(m.max))
	}
	require.False(t, newMemory().quantile(0.5).Known())
	require.False(t, newMemory().mean().Known())
}
