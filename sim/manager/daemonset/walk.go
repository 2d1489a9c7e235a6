package daemonset

import (
	"cmp"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// walk is the order in which a DaemonSet's controller goes over the nodes. Its
// cache gives them in that of a Go map; here it is a random one that stays as
// it is, so that an update takes the nodes in a random order.
type walk struct {
	order []string          // names of the nodes
	turns map[string]uint64 // by which they are ordered, of nodes that are gone, too
	at    int               // Controller.memberships when it was made
}

// nodes are the nodes in the order of the walk.
func (ds *state) nodes() []*v1.Node {
	w, c := &ds.walk, ds.c
	if w.at != c.memberships {
		w.at, w.order = c.memberships, nil
		for o := range c.All(kinds.Node) {
			name := o.GetName()
			w.order = append(w.order, name)
			if _, known := w.turns[name]; !known {
				w.turns[name] = c.Streams.Get("daemonset-walk", ds.key+"/"+name).Uint64()
			}
		}
		slices.SortFunc(w.order, func(a, b string) int {
			return cmp.Or(cmp.Compare(w.turns[a], w.turns[b]), cmp.Compare(a, b))
		})
	}
	list := make([]*v1.Node, len(w.order))
	for i, name := range w.order {
		list[i] = c.Get(kinds.Node, "", name).(*v1.Node)
	}
	return list
}
