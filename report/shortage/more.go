package shortage

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// More is how many more nodes of a pool the waiting pods of a workload need, at most over
// all replications in which some wait.
type More struct {
	Nodes  int
	Capped bool // more pods wait than were tried
	// Enough is that all of those that were tried found a place with them.
	Enough bool
}

// Mores are those of all pools.
type Mores map[string]More

// Add takes in what was tried in a replication.
func (m *Mores) Add(r record.MoreNodes) {
	if *m == nil {
		*m = Mores{}
	}
	old, known := (*m)[r.Pool]
	enough := r.Nodes > 0 && (r.Placed == r.Waiting || r.Capped && r.Placed > 0)
	(*m)[r.Pool] = More{Nodes: max(old.Nodes, r.Nodes), Capped: old.Capped || r.Capped,
		Enough: enough && (!known || old.Enough)}
}

// Helpless reports whether pools were tried, and nodes of none of them would help.
func (m Mores) Helpless() bool {
	for _, of := range m {
		if of.Nodes > 0 {
			return false
		}
	}
	return len(m) > 0
}

// Best is the pool whose nodes would take all waiting pods at the lowest cost; cost is that
// of n nodes of a pool.
func (m Mores) Best(cost func(pool string, n int) float64) (pool string, of More, found bool) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if more := m[name]; more.Enough && (!found || cost(name, more.Nodes) < cost(pool, of.Nodes)) {
			pool, of, found = name, more, true
		}
	}
	return pool, of, found
}
