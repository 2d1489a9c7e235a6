package life_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// field plays an input of testdata/field; what is right stands at its top.
func field(t *testing.T, name string, see func(record.Record)) (runs int) {
	t.Helper()
	spec, err := scenarios.Load("../../../testdata/field/"+name+".yaml", scenarios.Options{})
	require.NoError(t, err)
	plays(t, spec, see)
	return max(spec.Replications, 1)
}

// A Job is complete when its sidecar has ended, and not before.
func TestAJobEndsWithItsSidecar(t *testing.T) {
	var ends, kills []float64
	runs := field(t, "native-sidecar-ends-last", func(r record.Record) {
		switch r := r.(type) {
		case record.PodFinished:
			ends = append(ends, r.T.Seconds())
		case record.ContainerExited:
			if r.Container == "proxy" {
				kills = append(kills, r.T.Seconds())
			}
		}
	})
	require.Len(t, ends, runs)
	require.Len(t, kills, runs)
	for i := range ends {
		require.InDelta(t, 91, kills[i], 1) // 60 s of work, a grace period of 30 s that is ignored
		require.Greater(t, ends[i], kills[i])
		require.InDelta(t, 92, ends[i], 2)
	}
}

// Two containers of 400Mi can't both run within their pod's limit of 512Mi, which neither has.
func TestAPodHasALimitOfItsOwn(t *testing.T) {
	kills := 0
	runs := field(t, "pod-level-memory-limit", func(r record.Record) {
		if exit, is := r.(record.ContainerExited); is {
			require.Equal(t, record.PodOutOfMemory, exit.Cause)
			require.EqualValues(t, 512<<20, exit.Limit)
			require.EqualValues(t, 400<<20, exit.Memory)
			kills++
		}
	})
	require.GreaterOrEqual(t, kills, 5*runs)
}

// The event Killing comes before the grace period, which the process lets pass, and
// Unhealthy counts each failure.
func TestKillingIsToldBeforeTheStop(t *testing.T) {
	var killing, exits []float64
	var failures []int
	runs := field(t, "killing-told-late", func(r record.Record) {
		switch r := r.(type) {
		case record.ContainerKilling:
			killing = append(killing, r.T.Seconds())
		case record.ProbeFailed:
			failures = append(failures, r.Failures)
		case record.ContainerExited:
			exits = append(exits, r.T.Seconds())
		}
	})
	require.Equal(t, slices.Repeat([]int{3}, len(killing)), failures)
	require.GreaterOrEqual(t, len(exits), 7*runs)
	for i := range runs {
		first := i * len(killing) / runs
		require.InDelta(t, 201, killing[first], 2, "3m20s after the start, and not when the process has gone")
	}
	for i := range exits {
		require.InDelta(t, 30, exits[i]-killing[i], 0.1)
	}
}

// rolled is when, in seconds after the new image, the last new pod of roll-fast was Ready
// in two runs of a real kubelet. No watch of its pods was kept, only of the Deployment.
var rolled = []float64{3.8, 3.9}

// A rolling update of 4 pods that listen after 0.3 s and are probed each 10 s takes 3 to
// 5 s, or 10 s more where the probes of a new pod came before it listened, as in 4 of 11
// recorded starts of ready-500ms. That is the first new pod as a rule: the next ones are
// made when a relist has just made one Ready, so that their own falls on a fixed time.
func TestARolloutIsAsFastAsRecorded(t *testing.T) {
	spec, err := scenarios.Load(folder+"roll-fast/scenario.yaml", scenarios.Options{Replications: seeds})
	require.NoError(t, err)
	last := map[int]float64{}
	plays(t, spec, func(r record.Record) {
		if r, is := r.(record.PodReady); is && r.Ready && r.T.Seconds() > 25 {
			last[r.Replication] = max(last[r.Replication], r.T.Seconds()-25)
		}
	})
	require.Len(t, last, seeds)
	var fast, late []float64
	for _, took := range last {
		switch {
		case took < 5.2:
			fast = append(fast, took)
		default:
			late = append(late, took)
		}
	}
	slices.Sort(fast)
	t.Logf("%d of %d at once: %.2f … %.2f … %.2f s", len(fast), seeds, fast[0], fast[len(fast)/2], fast[len(fast)-1])
	require.InDelta(t, 0.7, float64(len(fast))/seeds, 0.15)
	require.Greater(t, fast[0], 3.0)
	for _, took := range rolled {
		require.Less(t, fast[len(fast)/50], took)
		require.Greater(t, fast[len(fast)*98/100], took)
	}
	for _, took := range late { // by one period of the probe or, seldom, by two
		require.InDelta(t, 4.5, math.Mod(took, 10), 1.5)
		require.Less(t, took, 30.0)
	}
}
