package cpu

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Group is a container's cgroup. All its threads are served at one speed, also
// when not all can run at once, so
// one number, the service each thread has had, tells how far every task is.
type Group struct {
	node   *Node
	weight uint64
	quota  amount // per period; valid when limited
	offset sim.Time

	limited bool
	listed  bool // in node.active
	stale   bool // due must be found anew
	swings  bool // will be throttled or let go, and that concerns others
	tasks   heap
	threads uint64 // of all tasks
	most    uint64 // of those that can run at once; 0 is no limit

	at     sim.Time // up to when the rest is accounted for
	due    sim.Time // the next instant at which the node must act
	speed  uint64   // service per nanosecond of a thread that runs, at most one
	served amount   // service per thread
	period period
	totals totals
	mark   mark

	onStart func(now sim.Time) // comes before a task of an idle group starts
}

// period is a group's account of the current period of its quota.
type period struct {
	index     int64 // counted from the group's offset
	spent     amount
	counted   bool // in Stats.Periods
	throttled bool // in Stats.ThrottledPeriods
}

// Tasks is the number of running tasks.
func (g *Group) Tasks() int { return len(g.tasks) }

// OnStart sets what is called before a task starts in a group without tasks.
func (g *Group) OnStart(f func(now sim.Time)) { g.onStart = f }

// Used is the CPU time that a group without tasks has used.
func (g *Group) Used() time.Duration { return time.Duration(g.totals.used.ns()) }

// Throttled reports whether the group has tasks and may not run them now.
func (g *Group) Throttled(now sim.Time) bool {
	g.observe(now)
	return g.threads > 0 && g.throttled()
}

// Cores is how many cores the group uses from now on, until something changes.
func (g *Group) Cores(now sim.Time) float64 {
	if g.Throttled(now) {
		return 0
	}
	return float64(g.rate()) / one
}

// SetResources changes weight and quota, as an in-place resize does. What was
// spent in the current period counts against the new quota, unless the group
// had no limit or has another offset.
func (g *Group) SetResources(now sim.Time, r Resources) error {
	if err := r.validate(g.node.period); err != nil {
		return err
	}
	g.node.reach(now)
	g.advance(now)
	if !g.limited || sim.Time(r.Offset) != g.offset {
		g.period = period{index: unknown}
	}
	g.configure(r)
	g.resize(0)
	g.node.settle(now)
	return nil
}

// configure sets what a group may use; it is accounted for up to now.
func (g *Group) configure(r Resources) {
	g.weight = uint64(r.Weight)
	g.limited, g.quota, g.offset = r.Quota > 0, amountOf(uint64(r.Quota)), sim.Time(r.Offset)
	g.node.threads -= g.runnable()
	g.most = uint64(r.Threads)
	g.node.threads += g.runnable()
	g.roll()
}

// observe brings the group up to date without changing what will happen.
func (g *Group) observe(now sim.Time) {
	if g.node.reach(now) {
		g.node.arm(now)
	}
	g.advance(now)
}

// rate is what the group uses while it runs, in 2^-32 cores.
func (g *Group) rate() uint64 { return g.threads * g.speed }

// runnable is how many threads can run at once.
func (g *Group) runnable() uint64 {
	if g.most > 0 {
		return min(g.threads, g.most)
	}
	return g.threads
}

// full is a thread's speed when the node has a core for each that can run.
func (g *Group) full() uint64 {
	if g.most > 0 && g.threads > g.most {
		return g.most * one / g.threads
	}
	return one
}

func (g *Group) throttled() bool { return g.limited && !g.period.spent.less(g.quota) }

// resize changes the number of threads; the group is accounted for up to now.
func (g *Group) resize(by int64) {
	g.node.threads -= g.runnable()
	g.threads += uint64(by)
	g.node.threads += g.runnable()
	g.node.changed, g.stale = true, true
	if !g.listed {
		g.listed = true
		g.node.active = append(g.node.active, g)
	}
}
