package fold

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/upstream"
)

func (f *Facts) capacity(r *result.Result) {
	r.Capacity = result.Capacity{AllScheduled: true, Nodes: len(f.Run.Nodes), Waiting: []result.Waiting{},
		Headroom: map[string]result.Headroom{}}
	for _, v := range f.values["pods.pending"] {
		if v > 0 {
			r.Capacity.AllScheduled = false
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.Totals.Workloads)) {
		w := f.Totals.Workloads[key]
		r.Capacity.Waiting = append(r.Capacity.Waiting, w.waiting(key)...)
		if len(w.headroom) > 0 {
			r.Capacity.Headroom[key] = w.leastHeadroom()
		}
	}
	r.Capacity.Quotas = f.quotaResult()
	r.Pools = map[string]result.Pool{}
	for name, p := range f.Totals.Pools {
		r.Pools[name] = p.result()
	}
	r.Nodes = f.nodes()
	for _, n := range f.Run.Nodes {
		node := r.Nodes[n.Name]
		r.Capacity.USDPerHour += n.USDPerHour * node.Presence(f.Run.Duration)
		if node.Stays(f.Run.Duration) {
			r.Capacity.NodesAtEnd++
		}
	}
	f.poolMemory(r)
}

// waiting lists the longest wait first.
func (t *WorkloadTotals) waiting(key string) []result.Waiting {
	var list []result.Waiting
	for _, message := range slices.Sorted(maps.Keys(t.Evidence.Waits)) {
		w := t.Evidence.Waits[message]
		list = append(list, result.Waiting{
			Workload:     key,
			Message:      message,
			Binding:      upstream.Binding(message),
			Pods:         int(w.N),
			Replications: w.Runs,
			AtEnd:        w.AtEnd,
			Deleted:      w.Deleted,
			Longest:      w.Longest,
		})
	}
	slices.SortStableFunc(list, func(a, b result.Waiting) int { return cmp.Compare(b.Longest, a.Longest) })
	return list
}

func (t *WorkloadTotals) leastHeadroom() result.Headroom {
	least := t.headroom[0]
	var sum float64
	for _, h := range t.headroom {
		sum += float64(h.Replicas)
		if h.Replicas < least.Replicas {
			least = h
		}
	}
	return result.Headroom{
		Min:     least.Replicas,
		Mean:    stat.Value(sum / float64(len(t.headroom))),
		AtLeast: least.Capped,
		Message: least.Message,
		Binding: upstream.Binding(least.Message),
		Quota:   least.Quota,
	}
}

func (t *poolTotals) result() result.Pool {
	p := result.Pool{
		Nodes:        t.nodes,
		InstanceType: t.instanceType,
		USDPerHour:   t.usdPerHour,
		Allocatable:  t.allocatable,
		Requested:    t.requested,
		Used:         t.used,
	}
	if t.replications > 0 {
		p.Requested.Mean = p.Requested.Mean.Over(float64(t.replications))
		p.Used.Mean = p.Used.Mean.Over(float64(t.replications))
	}
	return p
}

func (f *Facts) nodes() map[string]result.Node {
	nodes := map[string]result.Node{}
	for _, n := range f.Run.Nodes {
		node := result.Node{
			Pool:         n.Pool,
			InstanceType: n.InstanceType,
			USDPerHour:   n.USDPerHour,
			Allocatable:  result.AmountsOf(n.Allocatable),
			Joined:       n.Joins,
		}
		if f.first != nil && f.first.nodes[n.Name] != nil {
			use := f.first.nodes[n.Name]
			node.Requested, node.Pods, node.Gone = use.peak, use.pods, use.gone
		}
		if t, ok := f.Totals.nodes[n.Name]; ok {
			node.Memory = t.result()
		} else {
			node.Memory = result.NoNodeMemory()
		}
		nodes[n.Name] = node
	}
	return nodes
}
