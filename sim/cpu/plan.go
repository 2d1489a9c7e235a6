package cpu

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
)

// plan finds the next event of a group that is accounted for up to now.
func (g *Group) plan() {
	g.stale, g.swings = false, false
	g.due = g.completion()
	if !g.node.contended {
		return // its being throttled concerns no other group
	}
	swing := g.swing()
	g.swings = swing != sim.Never
	g.due = min(g.due, swing)
}

// completion is when the first task will be done if nothing changes.
func (g *Group) completion() sim.Time {
	target := g.tasks[0].target
	if !g.served.less(target) {
		return g.at
	}
	need := target.minus(g.served).over(g.speed)
	if !g.limited {
		return later(g.at, need)
	}
	now := min(g.left(), uint64(g.end()-g.at))
	if need <= now {
		return later(g.at, need)
	}
	need -= now
	burst, length := g.burst(), uint64(g.node.period)
	whole := (need - 1) / burst // periods of which all the quota is needed
	if whole > math.MaxInt64/2/length {
		return sim.Never
	}
	return later(g.end(), whole*length+need-whole*burst)
}

// swing is when the group will next be throttled or let go if nothing changes.
func (g *Group) swing() sim.Time {
	switch {
	case !g.limited:
		return sim.Never
	case g.throttled():
		return g.end()
	}
	if at := later(g.at, g.left()); at < g.end() {
		return at
	}
	if burst := g.burst(); burst < uint64(g.node.period) {
		return later(g.end(), burst)
	}
	return sim.Never
}

// later is d nanoseconds after t, Never when out of reach.
func later(t sim.Time, d uint64) sim.Time {
	if d >= uint64(sim.Never-max(t, 0)) {
		return sim.Never
	}
	return t + sim.Time(d)
}
