// Package density is how many pods of a workload have room on an empty node.
package density

import (
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Of sets today's requests of a pod against those with proposed limits, on the nodes of each
// pool.
func Of(nodes []record.Node, requests record.Resources, containers []record.Container,
	peaks []result.PeakMemory) map[string]result.Density {
	today := result.AmountsOf(requests)
	today.Pods = 1
	next, proposed := today, false
	for _, c := range containers {
		for _, p := range peaks {
			if p.Name == c.Name && p.Limit.Value.Known() {
				next.Memory += float64(p.Limit.Value) - float64(c.Requests.Memory)
				proposed = true
			}
		}
	}
	pools := map[string]result.Density{}
	for _, n := range nodes {
		d := result.Density{PodsPerNode: podsThatFit(result.AmountsOf(n.Allocatable), today), Proposed: -1,
			Memory: today.Memory, ProposedMemory: stat.Missing}
		if proposed {
			d.Proposed, d.ProposedMemory = podsThatFit(result.AmountsOf(n.Allocatable), next), stat.Value(next.Memory)
		}
		if had, ok := pools[n.Pool]; ok {
			d.PodsPerNode, d.Proposed = min(d.PodsPerNode, had.PodsPerNode), min(d.Proposed, had.Proposed)
		}
		pools[n.Pool] = d
	}
	for _, name := range slices.Sorted(maps.Keys(pools)) {
		if pools[name].PodsPerNode <= 0 && pools[name].Proposed <= 0 {
			delete(pools, name)
		}
	}
	return pools
}

// podsThatFit is how many pods of the size have room on an empty node.
func podsThatFit(node, pod result.Amounts) int {
	n := math.Inf(1)
	for _, r := range [][2]float64{{node.CPU, pod.CPU}, {node.Memory, pod.Memory}, {node.GPU, pod.GPU},
		{node.Pods, pod.Pods}} {
		if r[1] > 0 {
			n = math.Min(n, math.Floor(r[0]/r[1]*(1+1e-12)))
		}
	}
	if math.IsInf(n, 1) {
		return 0
	}
	return int(n)
}
