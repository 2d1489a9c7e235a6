package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// peakParts shows what peaks say beyond what was seen, and what limits that
// keep to the target cost in density.
func peakParts(r *result.Result) []part {
	levels := table{head: []string{"WORKLOAD CONTAINER", "PEAKS", "LAW", "ONCE A POD-DAY", "ONCE A POD-MONTH",
		"LIMIT FOR TARGET"}}
	cost := table{head: []string{"WORKLOAD", "POOL", "POD REQUESTS", "PODS A NODE", "WITH LIMITS AS REQUESTS",
		"PODS A NODE"}}
	var notes []string
	for _, key := range byDanger(r) {
		w := r.OOM.Workloads[key]
		for _, p := range w.Peaks {
			if p.Law != "" {
				levels.rows = append(levels.rows, []string{key + " " + p.Name, words.Count(p.Peaks), p.Law,
					levelText(p.PerDay), levelText(p.PerMonth), levelText(p.Limit)})
			}
			for _, warning := range p.Warnings {
				notes = append(notes, fmt.Sprintf("%s %s: %s.", key, p.Name, warning))
			}
		}
		for _, pool := range slices.Sorted(maps.Keys(w.Density)) {
			if d := w.Density[pool]; d.Proposed >= 0 {
				cost.rows = append(cost.rows, []string{key, pool, words.Bytes(d.Memory), strconv.Itoa(d.PodsPerNode),
					words.Bytes(float64(d.ProposedMemory)), strconv.Itoa(d.Proposed)})
			}
		}
	}
	var parts []part
	if len(levels.rows) > 0 {
		title := fmt.Sprintf("peaks beyond what was seen; the target is a risk of %s per pod-day",
			words.Percent(r.OOM.Target))
		parts = append(parts, part{title: title}, part{table: levels})
	}
	if len(cost.rows) > 0 {
		parts = append(parts, part{table: cost})
	}
	if len(notes) > 0 {
		parts = append(parts, part{list: notes})
	}
	return parts
}

func levelText(e stat.Estimate) string {
	if !e.Value.Known() {
		return "-"
	}
	return words.Bytes(float64(e.Value)) + intervalText(e.Interval, "bytes")
}

// overcommitTable sets what is promised of memory and what is used against
// what the worst node of each pool has.
func overcommitTable(r *result.Result) table {
	t := table{head: []string{"POOL'S WORST NODE", "MEMORY LIMITS", "WITHOUT LIMIT", "QOS", "USED", "TIME OVER",
		"RISK PER RUN"}}
	for _, name := range slices.Sorted(maps.Keys(r.Pools)) {
		m := r.Pools[name].Memory
		if !m.Over.Known() {
			continue
		}
		var worst [2]float64
		for _, n := range r.Nodes {
			if rank := n.MemoryRank(); n.Pool == name && n.Allocatable.Memory > 0 && slices.Compare(rank[:], worst[:]) > 0 {
				worst = rank
			}
		}
		var classes []string
		for _, class := range slices.Sorted(maps.Keys(m.QOS)) {
			classes = append(classes, fmt.Sprintf("%d %s", m.QOS[class], class))
		}
		t.rows = append(t.rows, []string{name, words.WholePercent(worst[1]), strconv.Itoa(m.Unlimited),
			strings.Join(classes, ", "),
			words.WholePercent(worst[0]), words.Percent(float64(m.Over)), riskText(m.PerRun)})
	}
	return t
}
