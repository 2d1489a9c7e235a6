package report

import (
	"math"
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
			record.ContainerExited{At: tp.at(t), Pod: podName(0), Container: "agent", ExitCode: 137, Reason: "OOMKilled",
				Cause: "oom", Limit: 2 * gi, Memory: 2 * gi},
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
