package page

import (
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// quotaTable shows what is used of the ResourceQuotas.
func quotaTable(quotas map[string][]result.QuotaUse) table {
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
		return words.Cores
	case strings.HasSuffix(resource, "memory"), strings.HasSuffix(resource, "storage"),
		strings.Contains(resource, "hugepages-"):
		return words.Bytes
	}
	return func(n float64) string { return words.Digits(n, 3) }
}

// refusedLines say what the API server did not take.
func refusedLines(r *result.Result) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		for _, refusal := range r.Workloads[key].Refused {
			lines = append(lines, key+": "+words.Refusal(refusal, r))
		}
	}
	return lines
}
