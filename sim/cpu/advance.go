package cpu

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
)

// The law of a group, for every nanosecond: if it has threads, and has spent
// less than its quota in its current period, each thread gets speed/2^32 ns of
// service, and threads × speed/2^32 is used and spent. So the last nanosecond
// of a period's quota runs whole, and a task is done at the first whole
// nanosecond at which it has had all its service. What follows is that law
// over any stretch of time with the same speed and threads, in closed form.

// unknown is the index of no period.
const unknown = math.MinInt64

// advance accounts for the time up to an instant.
func (g *Group) advance(to sim.Time) {
	switch {
	case to <= g.at:
	case g.threads == 0:
		g.at = to
		g.roll()
	case !g.limited:
		g.run(uint64(to - g.at))
		g.at = to
	default:
		g.within(min(to, g.end()))
		if whole := (to - g.at) / g.node.period; whole > 0 {
			g.cycle(uint64(whole))
		}
		if g.at < to {
			g.within(to)
		}
	}
}

// roll begins the account of the period that the group is in, if it is new.
func (g *Group) roll() {
	if !g.limited {
		return
	}
	index := int64(-1) // before the first that begins in the run
	if since := g.at - g.offset; since >= 0 {
		index = int64(since / g.node.period)
	}
	if index != g.period.index {
		g.period = period{index: index}
	}
}

// end is the end of the current period.
func (g *Group) end() sim.Time {
	return g.offset + sim.Time(g.period.index+1)*g.node.period
}

// run serves the threads for d nanoseconds.
func (g *Group) run(d uint64) {
	g.served = g.served.plus(product(d, g.speed))
	used := product(d, g.rate())
	g.totals.used = g.totals.used.plus(used)
	g.node.used = g.node.used.plus(used)
}

// left is for how many nanoseconds the quota lasts in the current period.
func (g *Group) left() uint64 {
	if g.throttled() {
		return 0
	}
	return g.quota.minus(g.period.spent).over(g.rate())
}

// burst is for how many nanoseconds the group runs in a whole period.
func (g *Group) burst() uint64 {
	return min(g.quota.over(g.rate()), uint64(g.node.period))
}

// within accounts for some time of the current period, and begins the next one
// at its end.
func (g *Group) within(to sim.Time) {
	d := uint64(to - g.at)
	if !g.period.counted {
		g.period.counted = true
		g.totals.periods++
	}
	running := min(d, g.left())
	g.run(running)
	g.period.spent = g.period.spent.plus(product(running, g.rate()))
	if running < d {
		if !g.period.throttled {
			g.period.throttled = true
			g.totals.throttledIn++
		}
		g.throttle(d - running)
	}
	g.at = to
	if to == g.end() {
		g.period = period{index: g.period.index + 1}
	}
}

// throttle accounts for d nanoseconds of being throttled.
func (g *Group) throttle(d uint64) {
	g.totals.throttled += sim.Time(d)
	g.totals.throttledCPU += d * min(g.runnable(), g.node.queues)
}

// cycle accounts for whole periods, from the start of one.
func (g *Group) cycle(count uint64) {
	length := uint64(g.node.period)
	running := g.burst()
	g.run(count * running)
	g.totals.periods += int64(count)
	if running < length {
		g.totals.throttledIn += int64(count)
		g.throttle(count * (length - running))
	}
	g.period.index += int64(count)
	g.at += sim.Time(count * length)
}
