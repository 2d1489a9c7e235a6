package cpu

import (
	"math/bits"

	"github.com/kube-rehearse/rehearse/sim"
)

// share sets the speed of all groups that may run now: weighted max-min
// fairness, where no group gets more than a core per thread, and what it
// leaves is shared by the others in proportion to weight (progressive filling:
// Bertsekas and Gallager, Data Networks, section 6.5.2).
func (n *Node) share(now sim.Time) {
	if !n.contended {
		for _, g := range n.active {
			g.accelerate(now, g.full())
		}
		return
	}
	n.run = n.run[:0]
	cores, weight := n.cores, uint64(0)
	for _, g := range n.active {
		if g.threads > 0 && !g.throttled() {
			n.run = append(n.run, g)
			weight += g.weight
		}
	}
	for {
		left, rest, hungry := cores, weight, n.run[:0]
		for _, g := range n.run {
			wants := g.runnable() * one
			if product(cores, g.weight).less(product(wants, weight)) {
				hungry = append(hungry, g)
				continue
			}
			g.accelerate(now, g.full())
			left, rest = left-wants, rest-g.weight
		}
		if len(hungry) == len(n.run) {
			break
		}
		n.run, cores, weight = hungry, left, rest
	}
	for _, g := range n.run {
		part := product(cores, g.weight)
		speed, _ := bits.Div64(part.hi, part.lo, weight*g.threads)
		g.accelerate(now, speed)
	}
}

// accelerate changes the speed of a group's threads from now on.
func (g *Group) accelerate(now sim.Time, speed uint64) {
	if g.speed == speed {
		return
	}
	g.advance(now)
	g.speed, g.stale = speed, true
}
