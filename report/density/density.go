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

// Size is what nodes of a pool have for pods.
type Size struct {
	Pool string
	Room result.Amounts
}

// Sizes are those that nodes have.
func Sizes(nodes []record.Node) (sizes []Size) {
	seen := map[Size]bool{}
	for _, n := range nodes {
		if s := (Size{n.Pool, result.AmountsOf(n.Allocatable)}); !seen[s] {
			seen[s] = true
			sizes = append(sizes, s)
		}
	}
	return sizes
}

// Of sets today's requests of a pod against those with proposed limits, on nodes of each size
// of each pool.
func Of(sizes []Size, requests record.Resources, containers []record.Container,
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
	for _, n := range sizes {
		d := result.Density{PodsPerNode: podsThatFit(n.Room, today), Proposed: -1,
			Memory: today.Memory, ProposedMemory: stat.Missing}
		if proposed {
			d.Proposed, d.ProposedMemory = podsThatFit(n.Room, next), stat.Value(next.Memory)
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
