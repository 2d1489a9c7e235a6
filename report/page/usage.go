package page

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

func cpuTable(r *result.Result, verbose bool) table {
	t := table{head: []string{"WORKLOAD CONTAINER", "CPU REQUEST", "MEAN", "LIMIT", "THROTTLED", "WORST POD"}}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		for _, c := range r.Workloads[key].CPU {
			if !verbose && !(c.Throttled > 0.01) {
				continue
			}
			request, limit := "-", "none"
			if c.Request > 0 {
				request = words.Cores(c.Request)
			}
			if c.Limit > 0 {
				limit = words.Cores(c.Limit)
			}
			t.rows = append(t.rows, []string{key + " " + c.Name, request, words.Cores(float64(c.Mean)), limit,
				words.Unit(c.Throttled, "ratio"), words.Unit(c.Worst, "ratio")})
		}
	}
	return t
}

// modelTable shows what model servers did.
func modelTable(r *result.Result) table {
	t := table{head: []string{"WORKLOAD MODEL SERVER", "BUSY", "OUTPUT TOKENS/S", "PROMPTS FROM CACHE", "KV CACHE PEAK",
		"PREEMPTED"}}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		for _, m := range r.Workloads[key].Models {
			t.rows = append(t.rows, []string{
				key + " " + m.Name, words.Unit(m.Busy, "ratio"), words.Unit(m.TokensPerSecond, "count"),
				words.Unit(m.CachedShare, "ratio"), words.Percent(m.CachePeak), words.Count(m.Preemptions),
			})
		}
	}
	return t
}

// tokenTable shows how fast answers come.
func tokenTable(r *result.Result) table {
	t := table{head: []string{"SERVICE", "FIRST TOKEN P50", "P95", "P99", "PER TOKEN P50", "P95", "P99"}}
	for _, key := range slices.Sorted(maps.Keys(r.Services)) {
		first, per := r.Services[key].FirstToken, r.Services[key].PerToken
		if first.Count == 0 {
			continue
		}
		t.rows = append(t.rows, []string{
			key, words.Unit(first.P50, "seconds"), words.Unit(first.P95, "seconds"), words.Unit(first.P99, "seconds"),
			words.Unit(per.P50, "seconds"), words.Unit(per.P95, "seconds"), words.Unit(per.P99, "seconds"),
		})
	}
	return t
}
