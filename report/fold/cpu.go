package fold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// cpuUse is how the containers of one name and limit used their CPU.
type cpuUse struct {
	running, seconds          float64
	periods, throttledPeriods int64
	throttled                 float64
	containers                int64
	// worst is the largest part of its periods that one container was
	// throttled in, of those with at least a minute's worth.
	worst    float64
	worstPod string
}

// cpuKey names containers that share a limit, in cores.
type cpuKey struct {
	container      string
	request, limit float64
}

// enoughPeriods is a minute of quota periods: a part of fewer says little.
const enoughPeriods = 600

func (r *replication) containerCPU(rec record.ContainerCPU) error {
	switch {
	case rec.Running < 0 || rec.Seconds < 0 || rec.Throttled < 0:
		return fmt.Errorf("running, seconds, throttled: must be at least 0, got %v, %v and %v", rec.Running, rec.Seconds,
			rec.Throttled)
	case rec.ThrottledPeriods < 0 || rec.ThrottledPeriods > rec.Periods:
		return fmt.Errorf("throttledPeriods: must be from 0 to periods, %d, got %d", rec.Periods, rec.ThrottledPeriods)
	}
	entry(r.workload(rec.Owner).cpu, cpuKey{rec.Container, rec.Request, rec.Limit}).add(rec)
	return nil
}

func (u *cpuUse) add(rec record.ContainerCPU) {
	one := cpuUse{
		running: rec.Running, seconds: rec.Seconds, throttled: rec.Throttled, containers: 1,
		periods: rec.Periods, throttledPeriods: rec.ThrottledPeriods, worstPod: rec.Pod,
	}
	if rec.Periods >= enoughPeriods {
		one.worst = float64(rec.ThrottledPeriods) / float64(rec.Periods)
	}
	u.merge(&one)
}

func (u *cpuUse) merge(o *cpuUse) {
	u.running += o.running
	u.seconds += o.seconds
	u.throttled += o.throttled
	u.containers += o.containers
	u.periods += o.periods
	u.throttledPeriods += o.throttledPeriods
	if o.worst > u.worst || u.worstPod == "" {
		u.worst, u.worstPod = o.worst, o.worstPod
	}
}

// sortedCPU orders by name, then request, then limit.
func sortedCPU(m map[cpuKey]*cpuUse) []cpuKey {
	return slices.SortedFunc(maps.Keys(m), func(a, b cpuKey) int {
		return cmp.Or(cmp.Compare(a.container, b.container), cmp.Compare(a.request, b.request), cmp.Compare(a.limit, b.limit))
	})
}

// CPUResult is by container, request and limit.
func (t *WorkloadTotals) CPUResult() []result.ContainerCPU {
	list := []result.ContainerCPU{}
	for _, key := range sortedCPU(t.cpu) {
		u := t.cpu[key]
		c := result.ContainerCPU{Name: key.container, Request: key.request, Limit: key.limit, Mean: stat.Missing,
			Throttled: stat.Missing, Worst: stat.Missing, Stopped: stat.Missing}
		if u.running > 0 {
			c.Mean, c.Stopped = stat.Value(u.seconds/u.running), stat.Value(u.throttled/u.running)
		}
		if u.periods > 0 {
			c.Throttled = stat.Value(float64(u.throttledPeriods) / float64(u.periods))
			if c.Worst = stat.Value(u.worst); u.worst > 0 {
				c.WorstPod = u.worstPod
			}
		}
		list = append(list, c)
	}
	return list
}

// throttled is the part of the quota periods of all containers of a workload
// in which they were.
func (w *workload) throttled() stat.Value {
	var all cpuUse
	for _, key := range sortedCPU(w.cpu) {
		all.merge(w.cpu[key])
	}
	if all.periods == 0 {
		return stat.Missing
	}
	return stat.Value(float64(all.throttledPeriods) / float64(all.periods))
}
