package fold

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/density"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
)

func (f *Facts) oom(r *result.Result, target float64) {
	r.OOM = result.OOM{Target: target, Workloads: map[string]result.WorkloadOOM{}}
	all := density.Sizes(f.Run.Nodes)
	for key, w := range f.Totals.Workloads {
		r.OOM.Kills += w.kills
		r.OOM.SystemKills += w.Shortages.SystemKills
		r.OOM.Evicted += w.Shortages.Evicted
		r.OOM.StorageEvicted += w.Shortages.Storage.N()
		r.OOM.GPU += w.gpuOOM
		o := w.oom(f.values[result.MetricKey("workload.oom.kills", key)])
		for _, name := range slices.Sorted(maps.Keys(w.peaks)) {
			o.Peaks = append(o.Peaks, w.peaks[name].result(name, target))
		}
		sizes := all
		if w.pods == 0 {
			sizes = nil
		}
		o.Density = density.Of(sizes, w.requests, w.Declared.Containers, o.Peaks)
		r.OOM.Workloads[key] = o
	}
}

// oom takes the kills of each replication, which are independent.
func (t *WorkloadTotals) oom(kills []stat.Value) result.WorkloadOOM {
	var runs, hit int64
	for _, n := range stat.Known(kills) {
		runs++
		if n > 0 {
			hit++
		}
	}
	return result.WorkloadOOM{
		Kills:       t.kills,
		SystemKills: t.Shortages.SystemKills,
		Evicted:     t.Shortages.Evicted, StorageEvicted: t.Shortages.Storage.N(),
		GPU:          t.gpuOOM,
		Pods:         t.pods,
		PodsKilled:   t.podsKilled,
		PodDays:      days(t.ran),
		PerPodDay:    stat.PerPodDay(t.podsKilled, days(t.atRisk)),
		PerRun:       stat.PerRun(hit, runs),
		RunsHit:      hit,
		Extrapolated: t.ranMax.Seconds() < stat.SecondsPerDay,
		Containers:   t.containerMemory(),
		Peaks:        []result.PeakMemory{},
	}
}

func days(t sim.Time) float64 { return t.Seconds() / stat.SecondsPerDay }

func (t *WorkloadTotals) containerMemory() []result.ContainerMemory {
	list := []result.ContainerMemory{}
	for key, m := range t.Memory {
		list = append(list, result.ContainerMemory{
			Name:    key.Container,
			Request: m.request,
			Limit:   key.Limit,
			Mean:    m.Mean(),
			P50:     m.quantile(0.50),
			P99:     m.quantile(0.99),
			Max:     m.Max,
			Hottest: m.hottest,
		})
	}
	slices.SortFunc(list, func(a, b result.ContainerMemory) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Limit, b.Limit))
	})
	return list
}
