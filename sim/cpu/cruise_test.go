package cpu

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A day of throttling costs a handful of events: by closed form when the node
// has a core for every thread, by cruising when it has not.
func TestEventsDoNotGrowWithTheLengthOfPeriodicThrottling(t *testing.T) {
	for name, c := range map[string]struct {
		cores   float64
		offset  time.Duration // between the periods of one group and the next
		unlucky bool          // threads that do not divide anything
		atMost  uint64
	}{
		"uncontended":                      {cores: 64, atMost: 8},
		"a core for every thread":          {cores: 8, atMost: 8},
		"uncontended, different clocks":    {cores: 64, offset: 17 * ms, atMost: 8},
		"contended":                        {cores: 2, atMost: 60},
		"contended, different clocks":      {cores: 2, offset: 17 * ms, atMost: 200},
		"contended, awkward":               {cores: 2, unlucky: true, atMost: 60},
		"contended, awkward, other clocks": {cores: 2, offset: 17*ms + 1, unlucky: true, atMost: 200},
	} {
		t.Run(name, func(t *testing.T) {
			events := func(work time.Duration) uint64 {
				b := newBench(t, c.cores)
				total := time.Duration(0)
				for i := range 4 {
					r := ResourcesOf(int64(100+50*i), int64(300+100*i), 0)
					r.Offset = time.Duration(i) * c.offset
					threads := 2
					if c.unlucky {
						threads = 3 + 2*i
					}
					b.start(time.Duration(i)*ms, b.group(r), threads, work, i)
					total += work
				}
				now := b.until(10_000 * time.Hour)
				require.InDelta(t, float64(total), float64(b.node.Used(now)), 100)
				return b.loop.Fired()
			}
			hour, day := events(time.Hour), events(24*time.Hour)
			require.LessOrEqual(t, day, c.atMost)
			require.InDelta(t, hour, day, 40)
		})
	}
}

// Groups on clocks of their own settle into one cycle within few periods.
func TestRandomContendedNodesSoonRepeatThemselves(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	worst, sum := uint64(0), uint64(0)
	const worlds = 300
	for range worlds {
		b := newBench(t, []float64{0.94, 1.93, 3.92}[r.IntN(3)])
		groups := 2 + r.IntN(6)
		for i := range groups {
			x := ResourcesOf(r.Int64N(1000), []int64{0, 50 + r.Int64N(1500)}[r.IntN(2)], 0)
			x.Offset = dur(r.Int64N(int64(DefaultPeriod)))
			b.start(0, b.group(x), 1+r.IntN(6), time.Hour, i)
		}
		b.until(10_000 * time.Hour)
		require.Len(t, b.log, groups)
		worst, sum = max(worst, b.loop.Fired()), sum+b.loop.Fired()
	}
	t.Logf("events for hours of CPU: mean %d, at most %d", sum/worlds, worst)
	require.Less(t, worst, uint64(1000))
}

// Looking must not change what happens.
func TestLookingInTheMiddleOfACruiseChangesNothing(t *testing.T) {
	finish := func(look bool) []completion {
		b := newBench(t, 1)
		for i := range 3 {
			b.start(0, b.group(ResourcesOf(int64(100+i), 400, 0)), 2, time.Minute, i)
		}
		if look {
			for at := 7 * time.Second; at < 3*time.Minute; at += 7123456789 {
				now := b.until(at)
				require.InDelta(t, at.Seconds(), b.node.Used(now).Seconds(), 0.1)
			}
		}
		b.until(time.Hour)
		return b.log
	}
	require.Equal(t, finish(false), finish(true))
}
