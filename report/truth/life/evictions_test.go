package life_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// applied is when node.yaml makes the pod, in seconds.
const applied = 600

// evictions are what the eviction manager's log of evict-ignore and the pod's status
// say, in seconds.
var evictions = []struct {
	what     string
	recorded float64
	of       func(*evicting) float64
}{
	{"from the pod to the first eviction", 17.21, func(e *evicting) float64 { return e.evicted[0] - applied }},
	{"to the second", 1.22, func(e *evicting) float64 { return e.evicted[1] - e.evicted[0] }},
	{"to the third", 1.17, func(e *evicting) float64 { return e.evicted[2] - e.evicted[1] }},
	{"from there to Failed", 2.48, func(e *evicting) float64 { return e.failed - e.evicted[2] }},
}

// evicting is what happens in a replication.
type evicting struct {
	pods    []string // in the order in which they are evicted
	evicted []float64
	failed  float64 // when the last one was
}

// On a node that runs out of memory the two pods in CrashLoopBackOff go first, for there
// are no statistics of them, though they hold nothing; then the one that takes all. The
// next look comes with the clean-up of the pod before, 1.2 s later and not 10 s, and what
// ignores SIGTERM is killed after 2 s. The recorded times are nowhere at the edge of those
// of 200 seeds.
func TestEvictionsFollowAsRecorded(t *testing.T) {
	spec, err := scenarios.Load(folder+"evict-ignore/node.yaml", scenarios.Options{Replications: seeds})
	require.NoError(t, err)
	runs := make([]evicting, seeds)
	plays(t, spec, func(r record.Record) {
		switch r := r.(type) {
		case record.PodEvicted:
			e := &runs[r.Replication]
			e.pods, e.evicted = append(e.pods, r.Pod), append(e.evicted, r.T.Seconds())
		case record.PodFinished:
			runs[r.Replication].failed = r.T.Seconds()
		}
	})
	for i := range runs {
		require.Len(t, runs[i].pods, 3)
		require.Equal(t, "default/evict-ignore", runs[i].pods[2])
	}
	for _, m := range evictions {
		times := make([]float64, 0, seeds)
		for i := range runs {
			times = append(times, m.of(&runs[i]))
		}
		slices.Sort(times)
		below, _ := slices.BinarySearch(times, m.recorded)
		t.Logf("%-36s %.2f s, rank %d of %d in %.2f … %.2f … %.2f s", m.what, m.recorded, below, seeds, times[0],
			times[seeds/2], times[seeds-1])
		require.Greater(t, below, seeds/100, m.what)
		require.Less(t, below, seeds-seeds/200, m.what)
	}
}
