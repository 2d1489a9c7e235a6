package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// quotaTable shows what is used of the ResourceQuotas.
func quotaTable(quotas map[string][]QuotaUse) table {
	t := table{head: []string{"QUOTA", "RESOURCE", "USED", "PEAK", "HARD"}}
	for _, name := range slices.Sorted(maps.Keys(quotas)) {
		for _, u := range quotas[name] {
			text := amountText(u.Resource)
			t.rows = append(t.rows, []string{name, u.Resource, text(u.Used), text(u.Peak), text(u.Hard)})
		}
	}
	return t
}

// amountText writes an amount of a quota's resource in Kubernetes' notation.
func amountText(resource string) func(float64) string {
	switch {
	case strings.HasSuffix(resource, "cpu"):
		return coresText
	case strings.HasSuffix(resource, "memory"), strings.HasSuffix(resource, "storage"), strings.Contains(resource, "hugepages-"):
		return bytesText
	}
	return func(n float64) string { return digits(n, 3) }
}

// refusedLines say what the API server did not take.
func refusedLines(r *Result) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		for _, refusal := range r.Workloads[key].Refused {
			lines = append(lines, key+": "+refusal.explain(r))
		}
	}
	return lines
}

// explain is a refusal in words.
func (f Refusal) explain(r *Result) string {
	end := ", none to the end"
	if f.AtEnd == 0 {
		end = fmt.Sprintf(", up to %s until one was taken", timeText(f.Longest))
	}
	runs := ""
	if r.Replications > 1 {
		runs = fmt.Sprintf(" in %d of %d replications", f.Replications, r.Replications)
	}
	return fmt.Sprintf("%s refused %s%s, first at %s%s: %s", f.Object, times(f.Count), runs, clockText(f.First), end, f.Message)
}
