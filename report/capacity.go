package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
)

func (f *Facts) capacity(r *Result) {
	r.Capacity = Capacity{AllScheduled: true, Nodes: len(f.run.Nodes), Waiting: []Waiting{}, Headroom: map[string]Headroom{}}
	for _, v := range f.values["pods.pending"] {
		if v > 0 {
			r.Capacity.AllScheduled = false
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.totals.workloads)) {
		w := f.totals.workloads[key]
		r.Capacity.Waiting = append(r.Capacity.Waiting, w.waiting(key)...)
		if len(w.headroom) > 0 {
			r.Capacity.Headroom[key] = w.leastHeadroom()
		}
	}
	r.Capacity.Quotas = f.quotaResult()
	r.Pools = map[string]Pool{}
	for name, p := range f.totals.pools {
		r.Pools[name] = p.result()
	}
	r.Nodes = f.nodes()
	for _, n := range f.run.Nodes {
		node := r.Nodes[n.Name]
		r.Capacity.USDPerHour += n.USDPerHour * node.presence(f.run.Duration)
		if node.stays(f.run.Duration) {
			r.Capacity.NodesAtEnd++
		}
	}
	f.poolMemory(r)
}

// waiting lists the longest wait first.
func (t *workloadTotals) waiting(key string) []Waiting {
	var list []Waiting
	for _, message := range slices.Sorted(maps.Keys(t.evidence.waits)) {
		w := t.evidence.waits[message]
		list = append(list, Waiting{
			Workload:     key,
			Message:      message,
			Binding:      binding(message),
			Pods:         int(w.n),
			Replications: w.runs,
			AtEnd:        w.atEnd,
			Longest:      w.longest,
		})
	}
	slices.SortStableFunc(list, func(a, b Waiting) int { return cmp.Compare(b.Longest, a.Longest) })
	return list
}

func (t *workloadTotals) leastHeadroom() Headroom {
	least := t.headroom[0]
	var sum float64
	for _, h := range t.headroom {
		sum += float64(h.Replicas)
		if h.Replicas < least.Replicas {
			least = h
		}
	}
	return Headroom{
		Min:     least.Replicas,
		Mean:    Value(sum / float64(len(t.headroom))),
		AtLeast: least.Capped,
		Message: least.Message,
		Binding: binding(least.Message),
		Quota:   least.Quota,
	}
}

func (t *poolTotals) result() Pool {
	p := Pool{
		Nodes:        t.nodes,
		InstanceType: t.instanceType,
		USDPerHour:   t.usdPerHour,
		Allocatable:  t.allocatable,
		Requested:    t.requested,
		Used:         t.used,
	}
	if t.replications > 0 {
		p.Requested.Mean = p.Requested.Mean.over(float64(t.replications))
		p.Used.Mean = p.Used.Mean.over(float64(t.replications))
	}
	return p
}

func (f *Facts) nodes() map[string]Node {
	nodes := map[string]Node{}
	for _, n := range f.run.Nodes {
		node := Node{
			Pool:         n.Pool,
			InstanceType: n.InstanceType,
			USDPerHour:   n.USDPerHour,
			Allocatable:  amounts(n.Allocatable),
			Joined:       n.Joins,
		}
		if f.first != nil && f.first.nodes[n.Name] != nil {
			use := f.first.nodes[n.Name]
			node.Requested, node.Pods, node.Gone = use.peak, use.pods, use.gone
		}
		if t, ok := f.totals.nodes[n.Name]; ok {
			node.Memory = t.result()
		} else {
			node.Memory = noNodeMemory()
		}
		nodes[n.Name] = node
	}
	return nodes
}

// stays reports whether the node is there at the end.
func (n Node) stays(end sim.Time) bool { return n.Gone == nil && n.Joined <= end }

// presence is the part of a run in which the node was there.
func (n Node) presence(end sim.Time) float64 {
	until := end
	if n.Gone != nil {
		until = *n.Gone
	}
	if end <= 0 {
		return 1
	}
	return max(0, (until-n.Joined).Seconds()) / end.Seconds()
}
