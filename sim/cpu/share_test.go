package cpu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// usedIn starts busy threads in groups of the given resources and returns the
// cores that each used over a time that is a whole number of periods.
func usedIn(t *testing.T, cores float64, groups []Resources, threads []int) []float64 {
	b := newBench(t, cores)
	var list []*Group
	for i, r := range groups {
		g := b.group(r)
		list = append(list, g)
		if threads[i] > 0 {
			b.start(0, g, threads[i], 1000*time.Hour, i)
		}
	}
	const span = 1000 * time.Second
	now := b.until(span)
	var used []float64
	for _, g := range list {
		used = append(used, g.Stats(now).Used.Seconds()/span.Seconds())
	}
	return used
}

func TestSaturatedGroupsShareByWeightAndLeaveNothingIdle(t *testing.T) {
	weight := func(w int) Resources { return Resources{Weight: w} }
	limit := func(w int, quota time.Duration) Resources { return Resources{Weight: w, Quota: quota} }
	for name, c := range map[string]struct {
		cores   float64
		groups  []Resources
		threads []int
		want    []float64
	}{
		"one to three": {1, []Resources{weight(10), weight(30)}, []int{4, 4},
			[]float64{0.25, 0.75}},
		"one to three on four cores": {4, []Resources{weight(10), weight(30)}, []int{4, 4}, []float64{1, 3}},
		"weights as the kubelet sets them": {2, []Resources{ResourcesOf(500, 0, 0), ResourcesOf(1500, 0, 0)},
			[]int{2, 2}, []float64{2 * 20. / 79, 2 * 59. / 79}},
		"a thread is at most a core":            {4, []Resources{weight(1), weight(100)}, []int{8, 1}, []float64{3, 1}},
		"a group below its share is not slowed": {4, []Resources{weight(10), weight(10)}, []int{1, 50}, []float64{1, 3}},
		"threads do not count, weights do":      {4, []Resources{weight(10), weight(10)}, []int{4, 400}, []float64{2, 2}},
		"a limit leaves the rest to the others": {2, []Resources{limit(1000, 50*ms), weight(1)}, []int{4, 4},
			[]float64{0.5, 1.5}},
		"two limits leave a core idle in part": {2, []Resources{limit(10, 50*ms), limit(10, 75*ms)}, []int{4, 4},
			[]float64{0.5, 0.75}},
		"contention keeps a group below its limit": {1, []Resources{limit(10, 60*ms), weight(30)}, []int{2, 2},
			[]float64{0.25, 0.75}},
		"no contention":        {8, []Resources{weight(1), weight(100)}, []int{3, 4}, []float64{3, 4}},
		"nobody else is there": {2, []Resources{weight(1), weight(100)}, []int{3, 0}, []float64{2, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			require.InDeltaSlice(t, c.want, usedIn(t, c.cores, c.groups, c.threads), 1e-6)
		})
	}
}

// A pod that is within its request is as fast as if it were alone.
func TestARequestIsAGuarantee(t *testing.T) {
	b := newBench(t, 2)
	web, batch := b.group(ResourcesOf(1000, 0, 0)), b.group(ResourcesOf(1000, 0, 0))
	b.start(0, batch, 16, time.Hour, 1)
	b.start(time.Second, web, 1, 30*ms, 0)
	b.until(2 * time.Second)
	require.Equal(t, time.Second+30*ms, b.doneAt(0))
}
