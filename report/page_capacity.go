package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func capacitySection(r *Result, verbose bool) section {
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
		s.answer = "every pod fits in the end, " + countOf(waiting, "pod") + " had to wait"
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
func nodesAnswer(r *Result) string {
	text := countOf(r.Capacity.Nodes, "node")
	joined, gone := r.turnover("")
	if joined+gone > 0 {
		text = fmt.Sprintf("%s at the start, %d at the end", countOf(r.Capacity.Nodes-joined, "node"), r.Capacity.NodesAtEnd)
	}
	if r.Capacity.USDPerHour == 0 {
		return text
	}
	price := fmt.Sprintf(" at %s USD/h", strconv.FormatFloat(r.Capacity.USDPerHour, 'f', 2, 64))
	if joined+gone > 0 {
		price = "," + price + " on average"
	}
	return text + price
}

// turnover counts the nodes of a pool, of all with "", that joined later and that
// were gone at the end.
func (r *Result) turnover(pool string) (joined, gone int) {
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

// poolTable shows requests at their peak, and use as mean and peak.
func poolTable(r *Result) table {
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
		switch joined, gone := r.turnover(name); {
		case joined > 0 && gone > 0:
			nodes += fmt.Sprintf(" (%d joined, %d gone)", joined, gone)
		case joined > 0:
			nodes += fmt.Sprintf(" (%d joined)", joined)
		case gone > 0:
			nodes += fmt.Sprintf(" (%d gone)", gone)
		}
		if len(known(r.Values[metricKey("pool.requested.cpu", name)])) == 0 {
			a = Amounts{} // not observed: nothing to set against it
		}
		row := []string{
			name, nodes,
			requestedText(coresText(peak.CPU), coresText(a.CPU), share(peak.CPU, a.CPU)),
			usedText(p.Used.Mean.CPU, p.Used.Peak.CPU, a.CPU),
			requestedText(bytesText(peak.Memory), bytesText(a.Memory), share(peak.Memory, a.Memory)),
			usedText(p.Used.Mean.Memory, p.Used.Peak.Memory, a.Memory),
		}
		if gpus {
			row = append(row, requestedText(digits(peak.GPU, 3), digits(a.GPU, 3), share(peak.GPU, a.GPU)))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func requestedText(peak, allocatable string, ratio Value) string {
	if !ratio.Known() {
		return "-"
	}
	return fmt.Sprintf("%s of %s, %s", peak, allocatable, wholePercent(float64(ratio)))
}

func usedText(mean, peak, allocatable float64) string {
	if allocatable == 0 {
		return "-"
	}
	return wholePercent(mean/allocatable) + ", peak " + wholePercent(peak/allocatable)
}

func wholePercent(ratio float64) string { return fmt.Sprintf("%.0f %%", ratio*100) }

func waitingLines(r *Result) []string {
	var lines []string
	for _, w := range r.Capacity.Waiting {
		state := ", then found one"
		if w.AtEnd > 0 {
			state = ", and " + strconv.Itoa(w.AtEnd) + " to the end"
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
			w.Workload, countOf(w.Pods, "pod"), runs, timeText(w.Longest), state, why))
	}
	return lines
}

func headroomLines(headroom map[string]Headroom) []string {
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
