package cpu

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// DefaultPeriod is the period of CFS quotas: the default of the kubelet's
// --cpu-cfs-quota-period.
const DefaultPeriod = 100 * time.Millisecond

const (
	minShares = 2
	maxShares = 262144
	maxWeight = 10000
	minQuota  = time.Millisecond
	maxCores  = 4096
	maxPeriod = time.Second
)

// Resources is what the CPU controller of a cgroup is told.
type Resources struct {
	// Weight is cpu.weight of cgroup v2, 1 to 10000.
	Weight int
	// Quota is how much CPU the group may use in each period; 0 is no limit.
	Quota time.Duration
	// Offset is when, within the node's period, this group's periods begin.
	// The kernel draws it at random when it makes the cgroup
	// (init_cfs_bandwidth in kernel/sched/fair.c).
	Offset time.Duration
	// Threads is how many of the process' threads can run at the same time, at
	// most 4096; 0 is no limit. No cgroup is told: it is Python's lock, or
	// GOMAXPROCS. Tasks beyond it share what these threads get.
	Threads int
}

// ResourcesOf is the cgroup of a container that requests and is limited to
// this many thousandths of a core; a limit of 0 is none. A request of 0 gets
// the least weight, so the caller applies the API's default first: a limit
// without a request is also the request. A period of 0 is DefaultPeriod.
func ResourcesOf(request, limit int64, period time.Duration) Resources {
	if period == 0 {
		period = DefaultPeriod
	}
	return Resources{Weight: Weight(Shares(request)), Quota: Quota(limit, period)}
}

// Shares is cpu.shares for a request in thousandths of a core, 2 to 262144, as
// MilliCPUToShares in pkg/kubelet/cm/helpers_linux.go.
func Shares(milliCPU int64) int64 {
	if milliCPU >= maxShares {
		return maxShares
	}
	return min(max(milliCPU*1024/1000, minShares), maxShares)
}

// Weight is cpu.weight for cpu.shares of 2 to 262144, as getCPUWeight in
// pkg/kubelet/cm/cgroup_manager_linux.go: linear, rounded down, so that small
// requests keep their proportions only roughly.
func Weight(shares int64) int {
	return int(1 + (min(max(shares, minShares), maxShares)-minShares)*(maxWeight-1)/(maxShares-minShares))
}

// Quota is the CPU allowed per period by a limit in thousandths of a core, in
// whole microseconds and at least 1 ms, as MilliCPUToQuota in
// pkg/kubelet/cm/helpers_linux.go; 0 for no limit.
func Quota(milliCPU int64, period time.Duration) time.Duration {
	if milliCPU <= 0 {
		return 0
	}
	milliCPU = min(milliCPU, maxCores*1000)
	return max(minQuota, time.Duration(milliCPU*period.Microseconds()/1000)*time.Microsecond)
}

func (r Resources) validate(period sim.Time) error {
	switch {
	case r.Weight < 1 || r.Weight > maxWeight:
		return fmt.Errorf("weight: must be between 1 and %d, got %d", maxWeight, r.Weight)
	case r.Quota < 0 || r.Quota > maxCores*maxPeriod:
		return fmt.Errorf("quota: must be between 0 and %s, got %s", maxCores*maxPeriod, r.Quota)
	case r.Threads < 0 || r.Threads > maxCores:
		return fmt.Errorf("threads: must be between 0 and %d, got %d", maxCores, r.Threads)
	case r.Offset < 0 || sim.Time(r.Offset) >= period:
		return fmt.Errorf("offset: must be at least 0 and less than the period, %s, got %s", time.Duration(period), r.Offset)
	}
	return nil
}
