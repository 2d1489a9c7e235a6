package report

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func TestQuantities(t *testing.T) {
	for want, got := range map[string]string{
		"0":         bytesText(0),
		"999":       bytesText(999),
		"512Mi":     bytesText(512 << 20),
		"1.25Gi":    bytesText(1.25 * (1 << 30)),
		"0.977Ki":   bytesText(1000),
		"15.2Gi":    bytesText(15.23 * (1 << 30)),
		"250m":      coresText(0.25),
		"1.93":      coresText(1.93),
		"96":        coresText(96),
		"192":       coresText(192),
		"850ms":     durationText(0.85),
		"0s":        durationText(0),
		"12.4s":     durationText(12.43),
		"1s":        durationText(0.9996),
		"99.9s":     durationText(99.94),
		"1m40s":     durationText(99.96),
		"3m20s":     durationText(200),
		"2h":        durationText(7200),
		"2h05m":     durationText(7530),
		"3d4h":      durationText(3*86400 + 4*3600),
		"-3m20s":    durationText(-200),
		"-":         durationText(math.NaN()),
		"5.2s":      clockText(sim.Time(5200 * time.Millisecond)),
		"30m05.2s":  clockText(sim.Time(30*time.Minute + 5200*time.Millisecond)),
		"1h30m00s":  clockText(sim.Time(90 * time.Minute)),
		"99.987 %":  percentText(0.99987),
		"99.9999 %": percentText(0.9999990),
		"61 %":      percentText(0.61),
		"0.04 %":    percentText(0.0004),
		"100 %":     percentText(1),
		"0 %":       percentText(0),
		"99.9 %":    percentText(0.999),
		"130 %":     percentText(1.3),
		"1,234,567": countText(1234567),
		"-1,000":    countText(-1000),
	} {
		require.Equal(t, want, got)
	}
	require.Equal(t, "never ends", unitText(Value(math.Inf(1)), "seconds"))
	require.Equal(t, "no value", unitText(Missing, "count"))
	require.Equal(t, "2.5", unitText(2.5, "count"))
}

// Less than all never reads as 100 %, and more than nothing never as 0 %.
func TestPercentTellsFromTheEnds(t *testing.T) {
	for e := 1.0; e > 1e-12; e /= 1.7 {
		require.NotEqual(t, "100 %", percentText(1-e))
		require.NotEqual(t, "0 %", percentText(e))
	}
}

const scarceGPU = "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."

func TestBinding(t *testing.T) {
	for message, want := range map[string]string{
		scarceGPU: "nvidia.com/gpu, taints",
		"0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.": "memory, cpu",
		"0/3 nodes are available: 3 Too many pods.": "pods per node",
		"0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 node(s) didn't match Pod's node affinity/selector. ": "taints, node affinity/selector",
		"0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. preemption: none":                                                          "pod anti-affinity",
		"0/1 nodes are available: 1 Insufficient memory, 1 Insufficient memory.":                                                                             "memory",
		"0/1 nodes are available: 1 an out-of-tree plugin, with a comma, said no.":                                                                           "an out-of-tree plugin, with a comma, said no",
		"no nodes available to schedule pods":                                                                                                                "nodes",
		"":                                                                                                                                                   "",
	} {
		require.Equal(t, want, binding(message), message)
	}
	require.Equal(t, []nodeReason{{1, "Insufficient nvidia.com/gpu"}, {1, "node(s) had untolerated taint(s)"}}, nodeReasons(scarceGPU))
}

func FuzzBinding(f *testing.F) {
	f.Add(scarceGPU)
	f.Add("0/3 nodes are available: 99999999999999999999 x, 2 y")
	f.Add("0/0 nodes are available: ")
	f.Fuzz(func(t *testing.T, message string) {
		for _, r := range nodeReasons(message) {
			require.NotEmpty(t, r.Reason)
			require.GreaterOrEqual(t, r.Nodes, 0)
		}
		binding(message)
	})
}

func TestRollingUpdate(t *testing.T) {
	for _, c := range []struct {
		strategy           string
		replicas           int32
		surge, unavailable int
		ok                 bool
	}{
		{"RollingUpdate maxSurge=1 maxUnavailable=0", 3, 1, 0, true},
		{"RollingUpdate maxSurge=25% maxUnavailable=25%", 1, 1, 0, true},
		{"RollingUpdate maxSurge=25% maxUnavailable=25%", 3, 1, 0, true},
		{"RollingUpdate maxSurge=25% maxUnavailable=25%", 10, 3, 2, true},
		{"RollingUpdate maxSurge=0 maxUnavailable=10%", 3, 0, 1, true},
		{"Recreate", 3, 0, 0, false},
		{"RollingUpdate maxUnavailable=1 OrderedReady", 3, 0, 0, false},
		{"", 3, 0, 0, false},
	} {
		parsed, err := record.ParseStrategy(c.strategy)
		require.NoError(t, err)
		u, ok := rollingUpdateOf(parsed, c.replicas)
		require.Equal(t, c.ok, ok, c.strategy)
		require.Equal(t, c.surge, u.surge, c.strategy)
		require.Equal(t, c.unavailable, u.unavailable, c.strategy)
	}
}

func TestRolloutName(t *testing.T) {
	name := func(before, after []string) string { return rolloutName(false, after, before) }
	require.Equal(t, "rollout to 1.1.0", name([]string{"r:5000/a:1.0.0"}, []string{"r:5000/a:1.1.0"}))
	require.Equal(t, "rollout to r:5000/b", name([]string{"r:5000/a"}, []string{"r:5000/b"}))
	require.Equal(t, "rollout to sha256:ff", name([]string{"a@sha256:00"}, []string{"a@sha256:ff"}))
	require.Equal(t, "rollout to 2", name([]string{"a:1", "side:1"}, []string{"a:1", "side:2"}))
	require.Equal(t, "rollout", name([]string{"a:1"}, []string{"a:1"}), "kubectl rollout restart")
	require.Equal(t, "first rollout", rolloutName(true, []string{"a"}, nil))
}
