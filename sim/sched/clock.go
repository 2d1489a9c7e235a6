package sched

import (
	"time"

	"k8s.io/utils/clock"

	"github.com/kube-rehearse/rehearse/sim"
)

// virtualClock is the clock of the scheduling queue. It stands still within
// one call into this package and is at least a nanosecond later in the next,
// even at the same instant of the simulation. A call gives at most one pod a
// new queue timestamp, so timestamps are unique and follow the order of the
// calls: the queue's heaps then have one order, although upstream moves pods
// between them in the order of a map.
//
// Timers and tickers are nil: they serve SchedulingQueue.Run, whose work
// flush.go does.
type virtualClock struct {
	clock.WithTicker
	epoch   time.Time
	sim     func() sim.Time
	current time.Time
}

func newVirtualClock(epoch time.Time, now func() sim.Time) *virtualClock {
	return &virtualClock{epoch: epoch, sim: now, current: epoch}
}

// step begins a call.
func (c *virtualClock) step() {
	next := c.epoch.Add(time.Duration(c.sim()))
	if !next.After(c.current) {
		next = c.current.Add(time.Nanosecond)
	}
	c.current = next
}

// Now implements clock.PassiveClock.
func (c *virtualClock) Now() time.Time { return c.current }

// Since implements clock.PassiveClock.
func (c *virtualClock) Since(t time.Time) time.Duration { return c.current.Sub(t) }

// instant is the virtual time of t.
func (c *virtualClock) instant(t time.Time) sim.Time { return sim.Time(t.Sub(c.epoch)) }
