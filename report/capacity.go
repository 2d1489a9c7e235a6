package report

import (
	"cmp"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
)

func (b *Builder) capacity(r *Result) {
	r.Capacity = Capacity{AllScheduled: true, Nodes: len(b.run.Nodes), Waiting: []Waiting{}, Headroom: map[string]Headroom{}}
	for _, v := range b.values["pods.pending"] {
		if v > 0 {
			r.Capacity.AllScheduled = false
		}
	}
	for _, key := range sortedKeys(b.totals.workloads) {
		w := b.totals.workloads[key]
		r.Capacity.Waiting = append(r.Capacity.Waiting, w.waiting(key)...)
		if len(w.headroom) > 0 {
			r.Capacity.Headroom[key] = w.leastHeadroom()
		}
	}
	r.Capacity.Quotas = b.quotaResult()
	r.Pools = map[string]Pool{}
	for name, p := range b.totals.pools {
		r.Pools[name] = p.result()
	}
	r.Nodes = b.nodes()
	for _, n := range b.run.Nodes {
		node := r.Nodes[n.Name]
		r.Capacity.USDPerHour += n.USDPerHour * node.presence(b.run.Duration)
		if node.stays(b.run.Duration) {
			r.Capacity.NodesAtEnd++
		}
	}
	b.poolMemory(r)
}

// waiting lists the longest wait first.
func (t *workloadTotals) waiting(key string) []Waiting {
	var list []Waiting
	for _, message := range sortedKeys(t.evidence.waits) {
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

func (b *Builder) nodes() map[string]Node {
	nodes := map[string]Node{}
	for _, n := range b.run.Nodes {
		node := Node{
			Pool:         n.Pool,
			InstanceType: n.InstanceType,
			USDPerHour:   n.USDPerHour,
			Allocatable:  amounts(n.Allocatable),
			Joined:       n.Joins,
		}
		if use, ok := b.story.nodes[n.Name]; ok {
			node.Requested, node.Pods, node.Gone = use.peak, use.pods, use.gone
		}
		if t, ok := b.totals.nodes[n.Name]; ok {
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
