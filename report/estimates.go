package report

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
)

// estimates are those of all settings that differ between some of them: of the risk to be
// killed at the memory limit, and of the limit that keeps it at its target.
func estimates(all []Compared) []result.Estimated {
	found := map[string]*result.Estimated{}
	note := func(i int, what, of, unit string, e stat.Estimate) {
		key := what + " " + of
		if found[key] == nil {
			found[key] = &result.Estimated{What: what, Of: of, Unit: unit, Values: make([]stat.Estimate, len(all))}
			for j := range found[key].Values {
				found[key].Values[j] = stat.NoEstimate
			}
		}
		found[key].Values[i] = e
	}
	for i, r := range all {
		for workload, oom := range r.OOM.Workloads {
			note(i, "oom.perPodDay", workload, "ratio", oom.PerPodDay)
			for _, p := range oom.Peaks {
				note(i, "memory.limitForTarget", workload+" "+p.Name, "bytes", p.Limit)
			}
		}
	}
	list := []result.Estimated{}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if e := found[key]; differ(e.Values) {
			list = append(list, *e)
		}
	}
	return list
}

// differ reports whether some estimates are not the same as the first.
func differ(list []stat.Estimate) bool {
	same := func(a, b stat.Value) bool { return a == b || !a.Known() && !b.Known() }
	return slices.ContainsFunc(list, func(e stat.Estimate) bool {
		return !same(e.Value, list[0].Value) || !same(e.Low, list[0].Low) || !same(e.High, list[0].High)
	})
}
