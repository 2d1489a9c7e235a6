package cpu

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

const ms = time.Millisecond

// bench is a node with groups and tasks that note when they are done.
type bench struct {
	*testing.T
	loop *sim.Loop
	node *Node
	player
}

func newBench(t *testing.T, cores float64) *bench {
	b := &bench{T: t, loop: sim.NewLoop()}
	var err error
	b.node, err = NewNode(b.loop, Config{Cores: cores, Phase: sim.PhaseRequest})
	require.NoError(t, err)
	return b
}

func (b *bench) group(r Resources) *Group {
	g, err := b.node.NewGroup(r)
	require.NoError(b, err)
	return g
}

// start starts a task at an instant; id is its index in the log.
func (b *bench) start(at time.Duration, g *Group, threads int, work time.Duration, id int) *scripted {
	task := &scripted{Task: Task{Parallelism: threads}, player: &b.player, id: id}
	b.loop.At(sim.Time(at), sim.PhaseTimeline, sim.Func(func(now sim.Time) { g.Start(now, &task.Task, work, task) }))
	return task
}

func (b *bench) until(at time.Duration) sim.Time {
	require.NoError(b, b.loop.RunUntil(context.Background(), sim.Time(at)))
	return b.loop.Now()
}

func (b *bench) doneAt(id int) time.Duration {
	for _, c := range b.log {
		if c.task == id {
			return time.Duration(c.at)
		}
	}
	b.Fatalf("task %d is not done", id)
	return 0
}

// Each finish follows from the arithmetic of 100 ms periods that begin at 0.
func TestShortWorkUnderALimitFinishesByTheArithmeticOfPeriods(t *testing.T) {
	for name, c := range map[string]struct {
		limit              int64 // thousandths of a core
		threads            int
		start, work        time.Duration
		done               time.Duration
		throttled, cpu     time.Duration
		periods, throttles int64
	}{
		"the quota is just enough": {limit: 500, threads: 1, work: 50 * ms, done: 50 * ms, periods: 1},
		"one nanosecond more waits a period": {limit: 500, threads: 1, work: 50*ms + 1, done: 100*ms + 1, throttled: 50 * ms,
			cpu: 50 * ms, periods: 2, throttles: 1},
		"two throttled periods": {limit: 500, threads: 1, work: 120 * ms, done: 220 * ms, throttled: 100 * ms,
			cpu: 100 * ms, periods: 3, throttles: 2},
		"a period's end brings a new quota": {limit: 500, threads: 1, start: 80 * ms, work: 50 * ms, done: 130 * ms,
			periods: 2},
		"four threads burn it four times as fast": {limit: 500, threads: 4, work: 100 * ms,
			done:      112*ms + 500*time.Microsecond,
			throttled: 87*ms + 500*time.Microsecond, cpu: 350 * ms, periods: 2, throttles: 1},
		"one thread under a limit of one core": {limit: 1000, threads: 1, work: 300 * ms, done: 300 * ms, periods: 3},
		"two threads under a limit of one core": {limit: 1000, threads: 2, work: 300 * ms, done: 250 * ms,
			throttled: 100 * ms, cpu: 200 * ms, periods: 3, throttles: 2},
		"a tenth of a core": {limit: 100, threads: 1, work: 25 * ms, done: 205 * ms, throttled: 180 * ms,
			cpu: 180 * ms, periods: 3, throttles: 2},
		"the least quota is a millisecond": {limit: 1, threads: 1, work: 2 * ms, done: 101 * ms, throttled: 99 * ms,
			cpu: 99 * ms, periods: 2, throttles: 1},
		"a quota that threads do not divide runs its last nanosecond whole": {limit: 1000, threads: 3, work: 300 * ms,
			done:      233333332,
			throttled: 2 * 66666666, cpu: 6 * 66666666, periods: 3, throttles: 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 8)
			g := b.group(ResourcesOf(100, c.limit, 0))
			b.start(c.start, g, c.threads, c.work, 0)
			now := b.until(time.Minute)
			require.Equal(t, c.done, b.doneAt(0))
			used := c.work
			if rest := int64(c.work) % int64(c.threads); rest != 0 {
				used += dur(int64(c.threads) - rest)
			}
			require.Equal(t, Stats{used, c.periods, c.throttles, c.throttled, c.cpu}, g.Stats(now))
			require.LessOrEqual(t, b.loop.Fired(), uint64(2), "the start and the end")
		})
	}
}

// A period's quota is used at its beginning, so the work is done early, by less
// than a period; the part of a period before the first refill has a quota of
// its own, so by less than two if the work does not begin with a period.
func TestLongWorkUnderALimitTakesWorkOverLimitLessUpToAPeriod(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for i := range 1000 {
		b := newBench(t, 16)
		limit, threads, slack := 10+r.Int64N(4000), 1+r.IntN(8), DefaultPeriod
		x := ResourcesOf(100, limit, 0)
		if i%2 == 0 {
			x.Offset, slack = dur(r.Int64N(int64(DefaultPeriod))), 2*DefaultPeriod
		}
		work := dur(1e9 + r.Int64N(100e9))
		b.start(0, b.group(x), threads, work, 0)
		b.until(100 * time.Hour)
		fair := work.Seconds() / min(float64(limit)/1000, float64(threads))
		done := b.doneAt(0).Seconds()
		require.LessOrEqual(t, done, fair+1e-9, "limit %dm, %d threads", limit, threads)
		require.Greater(t, done, fair-slack.Seconds()-1e-6*fair, "limit %dm, %d threads", limit, threads)
	}
}

func TestAGroupSaysWhetherItIsThrottledAndWhatItUses(t *testing.T) {
	b := newBench(t, 2)
	g := b.group(ResourcesOf(500, 500, 0))
	task := b.start(0, g, 1, 80*ms, 0)
	now := b.until(20 * ms)
	require.False(t, g.Throttled(now))
	require.Equal(t, 1.0, g.Cores(now))
	require.Equal(t, 60*ms, task.Remaining(now))
	now = b.until(60 * ms)
	require.True(t, g.Throttled(now))
	require.Zero(t, g.Cores(now))
	require.Equal(t, 30*ms, task.Remaining(now))
	now = b.until(time.Second)
	require.False(t, g.Throttled(now))
	require.Zero(t, task.Remaining(now))
	require.False(t, task.Cancel(now))
}

func TestAHigherLimitLetsAThrottledGroupGoAtOnce(t *testing.T) {
	b := newBench(t, 2)
	g := b.group(ResourcesOf(500, 500, 0))
	b.start(0, g, 1, 80*ms, 0)
	now := b.until(60 * ms)
	require.NoError(t, g.SetResources(now, ResourcesOf(500, 1000, 0)))
	b.until(time.Second)
	require.Equal(t, 90*ms, b.doneAt(0))
}
