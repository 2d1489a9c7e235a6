package words

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
)

func TestQuantities(t *testing.T) {
	for want, got := range map[string]string{
		"0":         Bytes(0),
		"999":       Bytes(999),
		"512Mi":     Bytes(512 << 20),
		"1.25Gi":    Bytes(1.25 * (1 << 30)),
		"0.977Ki":   Bytes(1000),
		"15.2Gi":    Bytes(15.23 * (1 << 30)),
		"15.3Gi":    BytesAtLeast(15.23 * (1 << 30)),
		"1.24Gi":    BytesAtLeast(1.2301 * (1 << 30)),
		"513Mi":     BytesAtLeast(512.2 * (1 << 20)),
		"7Gi":       BytesAtLeast(7 << 30),
		"250m":      Cores(0.25),
		"1.93":      Cores(1.93),
		"96":        Cores(96),
		"192":       Cores(192),
		"850ms":     Duration(0.85),
		"0s":        Duration(0),
		"12.4s":     Duration(12.43),
		"1s":        Duration(0.9996),
		"99.9s":     Duration(99.94),
		"1m40s":     Duration(99.96),
		"3m20s":     Duration(200),
		"2h":        Duration(7200),
		"2h05m":     Duration(7530),
		"3d4h":      Duration(3*86400 + 4*3600),
		"-3m20s":    Duration(-200),
		"-":         Duration(math.NaN()),
		"5.2s":      Clock(sim.Time(5200 * time.Millisecond)),
		"30m05.2s":  Clock(sim.Time(30*time.Minute + 5200*time.Millisecond)),
		"1h30m00s":  Clock(sim.Time(90 * time.Minute)),
		"99.987 %":  Percent(0.99987),
		"99.9999 %": Percent(0.9999990),
		"61 %":      Percent(0.61),
		"0.04 %":    Percent(0.0004),
		"100 %":     Percent(1),
		"0 %":       Percent(0),
		"99.9 %":    Percent(0.999),
		"130 %":     Percent(1.3),
		"1,234,567": Count(1234567),
		"-1,000":    Count(-1000),
	} {
		require.Equal(t, want, got)
	}
	require.Equal(t, "never ends", Unit(stat.Value(math.Inf(1)), "seconds"))
	require.Equal(t, "no value", Unit(stat.Missing, "count"))
	require.Equal(t, "2.5", Unit(2.5, "count"))
}

// Less than all never reads as 100 %, and more than nothing never as 0 %.
func TestPercentTellsFromTheEnds(t *testing.T) {
	for e := 1.0; e > 1e-12; e /= 1.7 {
		require.NotEqual(t, "100 %", Percent(1-e))
		require.NotEqual(t, "0 %", Percent(e))
	}
}

func TestRolloutName(t *testing.T) {
	name := func(before, after []string) string { return Rollout(false, after, before) }
	require.Equal(t, "rollout to 1.1.0", name([]string{"r:5000/a:1.0.0"}, []string{"r:5000/a:1.1.0"}))
	require.Equal(t, "rollout to r:5000/b", name([]string{"r:5000/a"}, []string{"r:5000/b"}))
	require.Equal(t, "rollout to sha256:ff", name([]string{"a@sha256:00"}, []string{"a@sha256:ff"}))
	require.Equal(t, "rollout to 2", name([]string{"a:1", "side:1"}, []string{"a:1", "side:2"}))
	require.Equal(t, "rollout", name([]string{"a:1"}, []string{"a:1"}), "kubectl rollout restart")
	require.Equal(t, "first rollout", Rollout(true, []string{"a"}, nil))
}
