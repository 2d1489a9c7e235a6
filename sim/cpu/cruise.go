package cpu

import "github.com/kube-rehearse/rehearse/sim"

// On a contended node a group that is throttled changes the speed of the
// others, so it takes an event. With the same tasks, the node soon repeats
// itself every period: then it cruises, one event for any number of periods,
// until a task comes or goes.

// cruise is a node's look-out for repetition.
type cruise struct {
	check  sim.Time // when to compare
	marked bool     // there is something to compare with
	length uint64   // periods to skip; 0: not cruising
	start  sim.Time // of the cruise
	used   amount   // of the node: at the mark; in a cruise, gained in a period
}

// mark is a group's account when its node last looked; in a cruise, what it
// gains in one period.
type mark struct {
	period period
	served amount
	totals totals
}

// watch looks for repetition when it is time to, and sees to the next look.
func (n *Node) watch(now sim.Time) {
	c := &n.cruise
	if now < c.check {
		n.next = min(n.next, c.check)
		return
	}
	repeats := c.marked && now == c.check
	for _, g := range n.active {
		g.advance(now)
		repeats = repeats && g.repeats()
	}
	if repeats {
		if c.length = n.periods(now); c.length > 0 {
			n.setOff(now)
			n.next = now + sim.Time(c.length)*n.period // whatever the groups do meanwhile
			return
		}
	}
	n.remember(now)
	n.next = min(n.next, c.check)
}

// repeats reports whether the group is where it was one period ago.
func (g *Group) repeats() bool {
	p, q := &g.period, &g.mark.period
	return !g.limited || p.spent == q.spent && p.counted == q.counted && p.throttled == q.throttled
}

// remember marks the state for the next look.
func (n *Node) remember(now sim.Time) {
	n.cruise.marked, n.cruise.check, n.cruise.used = true, now+n.period, n.used
	for _, g := range n.active {
		g.mark = mark{g.period, g.served, g.totals}
	}
}

// periods is how many periods can pass before the one in which the first task
// is done.
func (n *Node) periods(now sim.Time) uint64 {
	count := uint64((sim.Never/2 - min(now, sim.Never/2)) / n.period)
	for _, g := range n.active {
		gain, need := g.served.minus(g.mark.served), g.tasks[0].target.minus(g.served)
		if gain.lo > 0 { // a period is at most 1 s, so a thread's gain fits
			count = min(count, need.over(gain.lo)-1)
		}
	}
	return count
}

// setOff begins a cruise: marks become gains per period.
func (n *Node) setOff(now sim.Time) {
	n.cruise.start, n.cruise.check = now, sim.Never
	n.cruise.used = n.used.minus(n.cruise.used)
	for _, g := range n.active {
		m, t := &g.mark, &g.totals
		m.served = g.served.minus(m.served)
		m.totals = totals{
			used:         t.used.minus(m.totals.used),
			throttled:    t.throttled - m.totals.throttled,
			throttledCPU: t.throttledCPU - m.totals.throttledCPU,
			periods:      t.periods - m.totals.periods,
			throttledIn:  t.throttledIn - m.totals.throttledIn,
		}
	}
}

// reach ends a cruise at an instant, if there is one: whole periods at once,
// then the changes of speed in the part of a period that is left. It reports
// whether n.next has to be armed.
func (n *Node) reach(now sim.Time) bool {
	c := &n.cruise
	if c.length == 0 || now == c.start {
		return false
	}
	count := min(uint64((now-c.start)/n.period), c.length)
	start := c.start + sim.Time(count)*n.period
	c.length = 0
	n.skip(count)
	n.remember(start)
	n.next = c.check
	for _, g := range n.active {
		g.plan() // a task may be done in this period, before the speed changes
		n.next = min(n.next, g.due)
	}
	for n.next < now {
		n.rerate(n.next)
	}
	return true
}

// skip accounts for whole periods of a cruise.
func (n *Node) skip(count uint64) {
	n.used = n.used.plus(n.cruise.used.times(count))
	span := sim.Time(count) * n.period
	for _, g := range n.active {
		t, gain := &g.totals, &g.mark.totals
		g.served = g.served.plus(g.mark.served.times(count))
		t.used = t.used.plus(gain.used.times(count))
		t.throttled += gain.throttled * sim.Time(count)
		t.throttledCPU += gain.throttledCPU * count
		t.periods += gain.periods * int64(count)
		t.throttledIn += gain.throttledIn * int64(count)
		g.period.index += int64(count)
		g.at += span
	}
}
