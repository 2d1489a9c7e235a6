package cpu

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// fluid is the textbook model in floating-point seconds, with no notion of
// nanoseconds: at every event it works out all rates and all next events anew.
type fluid struct {
	cores, period float64
	groups        []*fluidGroup
	tasks         []*fluidTask
	now           float64
}

type fluidGroup struct {
	weight, quota, offset, spent, refill, rate float64
	threads                                    int
}

type fluidTask struct {
	group       *fluidGroup
	start, rest float64
	threads     int
	done        float64
}

const never = math.MaxFloat64

func (f *fluid) run() {
	for {
		f.rates()
		next := f.next()
		if next == never {
			return
		}
		f.move(next)
	}
}

func (f *fluid) live(t *fluidTask) bool { return t.start <= f.now && t.done == never }

func (g *fluidGroup) throttled() bool { return g.quota > 0 && g.spent >= g.quota }

// rates shares the cores by bisection on the water level.
func (f *fluid) rates() {
	for _, g := range f.groups {
		g.threads = 0
	}
	for _, t := range f.tasks {
		if f.live(t) {
			t.group.threads += t.threads
		}
	}
	total := func(level float64) (sum float64) {
		for _, g := range f.groups {
			g.rate = 0
			if !g.throttled() {
				g.rate = min(float64(g.threads), g.weight*level)
			}
			sum += g.rate
		}
		return sum
	}
	if total(never) <= f.cores {
		return
	}
	low, high := 0.0, 1e6
	for range 200 {
		if middle := (low + high) / 2; total(middle) > f.cores {
			high = middle
		} else {
			low = middle
		}
	}
}

func (t *fluidTask) speed() float64 {
	return t.group.rate * float64(t.threads) / float64(t.group.threads)
}

func (f *fluid) next() float64 {
	next := never
	for _, t := range f.tasks {
		switch {
		case t.start > f.now:
			next = min(next, t.start)
		case f.live(t) && t.speed() > 0:
			next = min(next, f.now+t.rest/t.speed())
		}
	}
	for _, g := range f.groups {
		if g.quota == 0 || g.threads == 0 {
			continue
		}
		next = min(next, g.refill)
		if !g.throttled() && g.rate > 0 {
			next = min(next, f.now+(g.quota-g.spent)/g.rate)
		}
	}
	return next
}

func (f *fluid) move(to float64) {
	const sliver = 1e-12 // of a core-second: rounding, not work
	d := to - f.now
	for _, t := range f.tasks {
		if f.live(t) {
			if t.rest -= d * t.speed(); t.rest < sliver {
				t.done = to
			}
		}
	}
	for _, g := range f.groups {
		if g.spent += d * g.rate; g.quota-g.spent < sliver {
			g.spent = g.quota
		}
		for g.quota > 0 && to >= g.refill {
			g.spent, g.refill = 0, g.refill+f.period
		}
	}
	f.now = to
}

// The law of whole nanoseconds may be off the textbook since a task's last
// nanosecond and that of a quota run whole: by a microsecond for all that is
// done within 10 s, and by 10^-7 of the time for what takes longer.
const fluidTolerance = 1e-7

func TestOrdinaryContainersEqualTheFluidModel(t *testing.T) {
	t.Parallel()
	early, late := 0.0, 0.0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 3))
		f := &fluid{cores: []float64{0.94, 1.93, 3.92}[r.IntN(3)], period: DefaultPeriod.Seconds()}
		loop := sim.NewLoop()
		node, err := NewNode(loop, Config{Cores: f.cores, Phase: sim.PhaseRequest})
		require.NoError(t, err)
		var groups []*Group
		for range 1 + r.IntN(6) {
			x := ResourcesOf(r.Int64N(2000), []int64{0, 100 + r.Int64N(2000)}[r.IntN(2)], 0)
			x.Offset = dur(r.Int64N(int64(DefaultPeriod)))
			g, err := node.NewGroup(x)
			require.NoError(t, err)
			groups = append(groups, g)
			f.groups = append(f.groups, &fluidGroup{weight: float64(x.Weight), quota: x.Quota.Seconds(),
				refill: x.Offset.Seconds()})
		}
		// Many short tasks at any time, or few long ones that are left alone.
		count, spread, work := 60, int64(3e9), 80e6
		if r.IntN(2) == 0 {
			count, spread, work = 12, 50e6, 2e9
		}
		tasks := make([]scripted, 1+r.IntN(count))
		p := &player{}
		for i := range tasks {
			k, threads := r.IntN(len(groups)), 1+r.IntN(3)*r.IntN(2)
			start, work := sim.Time(r.Int64N(spread)), dur(int64(r.ExpFloat64()*work))
			tasks[i] = scripted{Task: Task{Parallelism: threads}, player: p, id: i}
			loop.At(start, sim.PhaseTimeline, sim.Func(func(now sim.Time) {
				groups[k].Start(now, &tasks[i].Task, work, &tasks[i])
			}))
			f.tasks = append(f.tasks, &fluidTask{group: f.groups[k], start: start.Seconds(), rest: work.Seconds(),
				threads: threads, done: never})
		}
		require.NoError(t, loop.RunUntil(context.Background(), 1000*sim.Time(time.Second)))
		f.run()
		require.Len(t, p.log, len(tasks))
		for _, c := range p.log {
			off := c.at.Seconds() - f.tasks[c.task].done
			if c.at <= 10*sim.Time(time.Second) {
				early = max(early, math.Abs(off))
			}
			require.InDelta(t, 0, off, fluidTolerance*max(10, c.at.Seconds()), "seed %d, task %d", seed, c.task)
			late = max(late, math.Abs(off)/max(10, c.at.Seconds()))
		}
	}
	t.Logf("at most %.0f ns off in the first 10 s, and %.1g of the time later", early*1e9, late)
}
