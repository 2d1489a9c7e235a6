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

func capacitySection(r *result.Result, verbose bool) section {
	s := section{title: "CAPACITY", answer: "every pod fits"}
	waiting := 0
	for _, w := range r.Capacity.Waiting {
		waiting += w.Pods
		if w.AtEnd > 0 {
			s.bad = true
		}
	}
	refused := 0
	for _, w := range r.Workloads {
		for _, f := range w.Refused {
			refused = max(refused, f.AtEnd)
		}
	}
	switch {
	case refused > 0:
		s.bad, s.answer = true, "the API server refuses pods to the end"
	case s.bad || !r.Capacity.AllScheduled:
		s.bad, s.answer = true, "not every pod fits"
	case waiting > 0:
		s.answer = "every pod fits in the end, " + words.CountOf(waiting, "pod") + " had to wait"
	}
	s.answer += "; " + nodesAnswer(r)
	s.parts = append(s.parts, part{table: poolTable(r)})
	if over := overcommitTable(r); len(over.rows) > 0 {
		s.parts = append(s.parts, part{table: over})
	}
	if models := modelTable(r); len(models.rows) > 0 {
		s.parts = append(s.parts, part{table: models})
	}
	if throttled := cpuTable(r, verbose); len(throttled.rows) > 0 {
		s.parts = append(s.parts, part{table: throttled})
	}
	if quotas := quotaTable(r.Capacity.Quotas); len(quotas.rows) > 0 {
		s.parts = append(s.parts, part{table: quotas})
	}
	if lines := refusedLines(r); len(lines) > 0 {
		s.parts = append(s.parts, part{title: "refused by the API server", list: lines})
	}
	if len(r.Capacity.Waiting) > 0 {
		s.parts = append(s.parts, part{title: "waited for a node", list: waitingLines(r)})
	}
	if len(r.Capacity.Headroom) > 0 {
		s.parts = append(s.parts, part{title: "room for more replicas at the end", list: headroomLines(r.Capacity.Headroom)})
	}
	return s
}

// nodesAnswer says how many nodes there were, and at the end where that differs,
// and what they cost.
func nodesAnswer(r *result.Result) string {
	text := words.CountOf(r.Capacity.Nodes, "node")
	joined, gone := turnover(r, "")
	if joined+gone > 0 {
		text = fmt.Sprintf("%s at the start, %d at the end", words.CountOf(r.Capacity.Nodes-joined, "node"),
			r.Capacity.NodesAtEnd)
	}
	if r.Capacity.USDPerHour == 0 {
		return text
	}
	price := fmt.Sprintf(" at %s%s USD/h", atLeast(r), strconv.FormatFloat(r.Capacity.USDPerHour, 'f', 2, 64))
	if joined+gone > 0 {
		price = "," + price + " on average"
	}
	return text + price
}

// turnover counts the nodes of a pool, of all with "", that joined later and that
// were gone at the end.
func turnover(r *result.Result, pool string) (joined, gone int) {
	for _, n := range r.Nodes {
		if pool != "" && n.Pool != pool {
			continue
		}
		if n.Joined > 0 {
			joined++
		}
		if n.Gone != nil {
			gone++
		}
	}
	return joined, gone
}

// atLeast stands before a price that lacks that of some machines.
func atLeast(r *result.Result) string {
	for _, n := range r.Nodes {
		if n.USDPerHour == 0 {
			return "at least "
		}
	}
	return ""
}

// poolTable shows requests at their peak, and use as mean and peak.
func poolTable(r *result.Result) table {
	pools, gpus := r.Pools, false
	for _, p := range pools {
		gpus = gpus || p.Allocatable.GPU > 0
	}
	t := table{head: []string{"POOL", "NODES", "CPU REQUESTED", "USED", "MEMORY REQUESTED", "USED"}}
	if gpus {
		t.head = append(t.head, "GPU REQUESTED")
	}
	for _, name := range slices.Sorted(maps.Keys(pools)) {
		p := pools[name]
		a, peak := p.Allocatable, p.Requested.Peak
		nodes := strconv.Itoa(p.Nodes)
		if p.InstanceType != "" {
			nodes += " " + p.InstanceType
		}
		switch joined, gone := turnover(r, name); {
		case joined > 0 && gone > 0:
			nodes += fmt.Sprintf(" (%d joined, %d gone)", joined, gone)
		case joined > 0:
			nodes += fmt.Sprintf(" (%d joined)", joined)
		case gone > 0:
			nodes += fmt.Sprintf(" (%d gone)", gone)
		}
		if len(stat.Known(r.Values[result.MetricKey("pool.requested.cpu", name)])) == 0 {
			a = result.Amounts{} // not observed: nothing to set against it
		}
		row := []string{
			name, nodes,
			requestedText(words.Cores(peak.CPU), words.Cores(a.CPU), stat.Share(peak.CPU, a.CPU)),
			usedText(p.Used.Mean.CPU, p.Used.Peak.CPU, a.CPU),
			requestedText(words.Bytes(peak.Memory), words.Bytes(a.Memory), stat.Share(peak.Memory, a.Memory)),
			usedText(p.Used.Mean.Memory, p.Used.Peak.Memory, a.Memory),
		}
		if gpus {
			row = append(row, requestedText(words.Digits(peak.GPU, 3), words.Digits(a.GPU, 3), stat.Share(peak.GPU, a.GPU)))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func requestedText(peak, allocatable string, ratio stat.Value) string {
	if !ratio.Known() {
		return "-"
	}
	return fmt.Sprintf("%s of %s, %s", peak, allocatable, words.WholePercent(float64(ratio)))
}

func usedText(mean, peak, allocatable float64) string {
	if allocatable == 0 {
		return "-"
	}
	return words.WholePercent(mean/allocatable) + ", peak " + words.WholePercent(peak/allocatable)
}

func waitingLines(r *result.Result) []string {
	var lines []string
	for _, w := range r.Capacity.Waiting {
		state := ", then found one"
		switch {
		case w.AtEnd > 0:
			state = ", and " + strconv.Itoa(w.AtEnd) + " to the end"
		case w.Deleted == w.Pods:
			state = ", then deleted"
		case w.Deleted > 0:
			state = ", then found one, or deleted (" + strconv.Itoa(w.Deleted) + ")"
		}
		runs := ""
		if r.Replications > 1 {
			runs = fmt.Sprintf(" in %d of %d replications", w.Replications, r.Replications)
		}
		why := w.Message
		if why == "" {
			why = "the scheduler had not tried yet"
		}
		lines = append(lines, fmt.Sprintf("%s: %s%s, up to %s%s: %s",
			w.Workload, words.CountOf(w.Pods, "pod"), runs, words.Time(w.Longest), state, why))
	}
	return lines
}

func headroomLines(headroom map[string]result.Headroom) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(headroom)) {
		h := headroom[key]
		n := strconv.Itoa(h.Min)
		if h.AtLeast {
			n = "at least " + n
		}
		if h.Min == 0 && !h.AtLeast {
			n = "none"
		}
		if h.Binding != "" && !h.AtLeast {
			n += ", for lack of " + lackText(h.Binding)
		}
		lines = append(lines, key+": "+n)
	}
	return lines
}

// lackText keeps a long message of the scheduler short.
func lackText(binding string) string {
	first, _, _ := strings.Cut(binding, "\n")
	return first
}
