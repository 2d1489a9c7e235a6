package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/shortage"
	"github.com/kube-rehearse/rehearse/report/words"
)

// addNode is the advice to add nodes: as many of a pool as were found to take all the pods
// that wait, else one where the workload runs. It is "" where nodes of no pool can help.
func (f *facts) addNode(w *fold.WorkloadTotals) string {
	if w.More.Helpless() {
		return ""
	}
	if pool, more, found := w.More.Best(f.costOf); found {
		return f.addNodes(pool, more)
	}
	if pool := f.poolOf(w.Node); pool != "" {
		return "add a node to pool " + pool
	}
	return "add a node"
}

// addNodes is the advice to add so many nodes to a pool.
func (f *facts) addNodes(pool string, more shortage.More) string {
	many := words.CountOf(more.Nodes, "node")
	switch {
	case more.Capped:
		many = "at least " + many
	case more.Nodes == 1:
		many = "a node"
	}
	if t := f.typeOf(pool); t != "" {
		many += " of " + t
	}
	if pool == "" {
		return "add " + many
	}
	return fmt.Sprintf("add %s to pool %s", many, pool)
}

// typeOf is the machine type of a pool, "" where it has none or several.
func (f *facts) typeOf(pool string) (name string) {
	for i, n := range f.poolNodes(pool) {
		if i > 0 && n != name {
			return ""
		}
		name = n
	}
	return name
}

func (f *facts) poolNodes(pool string) (types []string) {
	for _, n := range f.Run.Nodes {
		if n.Pool == pool {
			types = append(types, n.InstanceType)
		}
	}
	return types
}

// costOf is what n nodes of a pool cost an hour; where prices are not known for all pools it
// is their number.
func (f *facts) costOf(pool string, n int) float64 {
	price := 0.0
	for _, o := range f.Run.Nodes {
		if o.USDPerHour == 0 {
			return float64(n)
		}
		if o.Pool == pool {
			price = o.USDPerHour
		}
	}
	return float64(n) * price
}
