package cpu

import (
	"math"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// totals are a group's integrals since it was made.
type totals struct {
	used         amount
	throttled    sim.Time
	throttledCPU uint64 // core-ns
	periods      int64
	throttledIn  int64
}

// Stats are a group's integrals since it was made.
type Stats struct {
	// Used is CPU time, rounded down: container_cpu_usage_seconds_total.
	Used time.Duration
	// Periods is the number of quota periods in which there was a task to run,
	// nr_periods of cpu.stat: container_cpu_cfs_periods_total. It stands still
	// without a limit.
	Periods int64
	// ThrottledPeriods is in how many of those the group was throttled,
	// nr_throttled: container_cpu_cfs_throttled_periods_total.
	ThrottledPeriods int64
	// Throttled is for how long the group had tasks and might not run them.
	Throttled time.Duration
	// ThrottledCPU counts that time once for each core that had a thread to
	// run. The kernel sums over its run queues in the same manner
	// (throttled_time): container_cpu_cfs_throttled_seconds_total.
	ThrottledCPU time.Duration
}

// Stats returns the integrals up to now.
func (g *Group) Stats(now sim.Time) Stats {
	g.observe(now)
	t := &g.totals
	return Stats{
		Used:             time.Duration(t.used.ns()),
		Periods:          t.periods,
		ThrottledPeriods: t.throttledIn,
		Throttled:        time.Duration(t.throttled),
		ThrottledCPU:     time.Duration(min(t.throttledCPU, math.MaxInt64)),
	}
}

// Used is the CPU time used by all groups since the start, rounded down.
func (n *Node) Used(now sim.Time) time.Duration {
	if n.reach(now) {
		n.arm(now)
	}
	for _, g := range n.active {
		g.advance(now)
	}
	return time.Duration(n.used.ns())
}
