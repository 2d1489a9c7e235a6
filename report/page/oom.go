package page

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

func oomSection(r *result.Result, verbose bool) section {
	s := section{title: "OOM RISK", answer: "no container was killed at its memory limit"}
	if r.OOM.Kills > 0 {
		s.bad = true
		s.answer = words.CountOf(int(r.OOM.Kills), "container") + " killed at the memory limit"
		if r.Replications > 1 {
			s.answer += fmt.Sprintf(" in %d replications", r.Replications)
		}
	}
	if n := r.OOM.Evicted; n > 0 {
		s.bad = true
		s.answer += "; " + words.CountOf(int(n), "pod") + " evicted from nodes that were short of memory"
	}
	if n := r.OOM.StorageEvicted; n > 0 {
		s.bad = true
		s.answer += "; " + words.CountOf(int(n), "pod") + " evicted for what is written to local disks"
	}
	if n := r.OOM.SystemKills; n > 0 {
		s.bad = true
		s.answer += "; " + words.CountOf(int(n), "container") + " killed on nodes that had no memory left"
	}
	if n := r.OOM.GPU; n > 0 {
		s.bad = true
		s.answer += "; " + words.CountOf(int(n), "container") + " exited because a GPU had too little memory left"
	}
	doubt(r, &s, func(f result.Finding) bool { return isMemory(f.Rule) })
	risk := table{head: []string{"WORKLOAD", "KILLS", "PODS KILLED", "RISK PER POD-DAY", "RISK PER RUN"}}
	use := table{head: []string{"WORKLOAD CONTAINER", "REQUEST", "P50", "P99", "MAX", "LIMIT", "MAX OF LIMIT"}}
	extrapolated := false
	for _, key := range byDanger(r) {
		w := r.OOM.Workloads[key]
		if w.Pods == 0 && !verbose {
			continue
		}
		extrapolated = extrapolated || w.Extrapolated
		risk.rows = append(risk.rows, []string{
			key, words.Count(w.Kills),
			fmt.Sprintf("%s of %s", words.Count(w.PodsKilled), words.Count(w.Pods)),
			podDayText(w.PerPodDay), riskText(w.PerRun),
		})
		for _, c := range w.Containers {
			use.rows = append(use.rows, memoryRow(key, c))
		}
	}
	if len(risk.rows) > 0 {
		s.parts = append(s.parts, part{table: risk})
	}
	if len(use.rows) > 0 {
		s.parts = append(s.parts, part{table: use})
	}
	s.parts = append(s.parts, peakParts(r)...)
	if extrapolated {
		s.parts = append(s.parts, part{list: []string{
			fmt.Sprintf("A run of %s can't see what takes longer, such as a slow leak: the risk per pod-day is extrapolated.",
				words.Time(r.Duration)),
		}})
	}
	return s
}

// byDanger lists the workloads by name or, when a page can't hold them all,
// with the killed ones and those nearest to their limit first.
func byDanger(r *result.Result) []string {
	keys := slices.Sorted(maps.Keys(r.OOM.Workloads))
	if len(keys) <= shown {
		return keys
	}
	nearest := func(key string) float64 {
		highest := 0.0
		for _, c := range r.OOM.Workloads[key].Containers {
			if c.Limit > 0 {
				highest = max(highest, float64(c.Max)/float64(c.Limit))
			}
		}
		return highest
	}
	slices.SortStableFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(r.OOM.Workloads[b].Kills, r.OOM.Workloads[a].Kills), cmp.Compare(nearest(b), nearest(a)))
	})
	return keys
}

func memoryRow(key string, c result.ContainerMemory) []string {
	request, limit, of := "-", "none", "-"
	if c.Request > 0 {
		request = words.Bytes(float64(c.Request))
	}
	if c.Limit > 0 {
		limit = words.Bytes(float64(c.Limit))
		of = words.WholePercent(float64(c.Max) / float64(c.Limit))
	}
	return []string{
		key + " " + c.Name, request,
		words.Unit(c.P50, "bytes"), words.Unit(c.P99, "bytes"), words.Bytes(float64(c.Max)),
		limit, of,
	}
}

// podDayText is riskText for an estimate that nears 1 and never reaches it.
func podDayText(e stat.Estimate) string {
	if e.Value > 0.999 {
		return "> 99.9 %"
	}
	return riskText(e)
}

// riskText is "0.8 % [0.2 %, 2.1 %]", or "< 1.2 %" for what did not happen.
func riskText(e stat.Estimate) string {
	switch {
	case !e.Value.Known() && !e.High.Known():
		return "-"
	case !e.Value.Known() && e.High > 0.995:
		return "unknown"
	case !e.Value.Known():
		return "< " + words.Percent(roundUp(float64(e.High)))
	}
	return words.Unit(e.Value, "ratio") + intervalText(e.Interval, "ratio")
}

// roundUp rounds to two digits, never below the bound.
func roundUp(x float64) float64 {
	if x <= 0 {
		return x
	}
	step := math.Pow(10, math.Floor(math.Log10(x))-1)
	return math.Ceil(x/step*(1-1e-12)) * step
}
