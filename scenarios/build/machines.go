package build

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/util/taints"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// machineAction reads an action about machines and processes.
func (b *builder) machineAction(at string, i int, s wire.Step) cluster.Action {
	switch {
	case s.NodeAdd != nil:
		if a, ok := b.joining[i]; ok {
			return a
		}
	case s.PodKill != nil:
		return b.podKill(at+".podKill", s.PodKill)
	case s.Taint != nil:
		return b.taint(at+".taint", s.Taint)
	case s.NodeFail != nil:
		if b.isNode(at+".nodeFail.node", s.NodeFail.Node) {
			return cluster.NodeFail{Node: s.NodeFail.Node}
		}
	case s.NodeShutdown != nil:
		if b.isNode(at+".nodeShutdown.node", s.NodeShutdown.Node) {
			return cluster.NodeShutdown{Node: s.NodeShutdown.Node}
		}
	case s.NodeRecover != nil:
		if b.isNode(at+".nodeRecover.node", s.NodeRecover.Node) {
			return cluster.NodeRecover{Node: s.NodeRecover.Node}
		}
	case s.NodeRemove != nil:
		if b.isNode(at+".nodeRemove.node", s.NodeRemove.Node) {
			return cluster.NodeRemove{Node: s.NodeRemove.Node}
		}
	}
	return nil
}

// isNode checks the name of a node, of time 0 or one that joins.
func (b *builder) isNode(at, name string) bool {
	if b.spec.Pools[name] != "" {
		return true
	}
	b.unmatched(at, "must be a node of the cluster, got %.60q", name)
	return false
}

func (b *builder) taint(at string, t *wire.NodeTaints) cluster.Action {
	add, remove, err := taints.ParseTaints(t.Taints)
	switch {
	case !b.isNode(at+".node", t.Node):
	case err != nil:
		b.fault(at+".taints", "must be kubectl's, such as key=value:NoExecute or key:NoExecute-: %s", err)
	case len(add)+len(remove) == 0:
		b.fault(at+".taints", "must hold at least one taint")
	default:
		return cluster.Taint{Node: t.Node, Add: add, Remove: remove}
	}
	return nil
}

// killable reports whether a step can kill processes of a kind: pods that are not
// to end by themselves.
func killable(k *kinds.Kind) bool { return k.HasPods() && !k.EndsByItself }

func (b *builder) podKill(at string, k *wire.PodKill) cluster.Action {
	r, err := b.objects.FindPod(k.Target, b.namespace(k.Namespace))
	count := 1
	if k.Count != nil {
		count = *k.Count
	}
	switch {
	case err != nil:
		b.refuse(at+".target", err)
	case !killable(b.objects.Kinds.Named(r.Kind)):
		b.fault(at+".target", "must be a %s, got %s", b.objects.Kinds.Alternatives(killable), r.Kind)
	case count < 1:
		b.fault(at+".count", "must be at least 1, got %d", count)
	default:
		return cluster.PodKill{Target: r, Count: count}
	}
	return nil
}

// joinNodes reads the nodes that join, so that every other step may name them.
func (b *builder) joinNodes(list []wire.Step) {
	b.joining = map[int]cluster.NodeAdd{}
	for i, s := range list {
		if s.NodeAdd == nil || s.Actions() != 1 || b.broken(fmt.Sprintf("timeline[%d]", i)) {
			continue
		}
		added := b.machinesToAdd(fmt.Sprintf("timeline[%d].nodeAdd", i), s.NodeAdd)
		for _, n := range added {
			if b.spec.Pools[n.Name] != "" {
				b.unmatched(fmt.Sprintf("timeline[%d].nodeAdd", i), "must be nodes of new names, got %q", n.Name)
				added = nil
				break
			}
		}
		if len(added) > 0 {
			b.knowNodes(added)
			b.joining[i] = cluster.NodeAdd{Nodes: added}
		}
	}
}

// knowNodes notes pool and price of nodes that join.
func (b *builder) knowNodes(list []*v1.Node) {
	at0 := b.spec.Nodes
	addNodes(b.spec, list)
	b.spec.Nodes = at0
}

// mostAdded bounds how many machines one step adds.
const mostAdded = 10_000

func (b *builder) machinesToAdd(at string, a *wire.NodeAdd) []*v1.Node {
	count := 1
	if a.Count != nil {
		count = *a.Count
	}
	switch {
	case (a.Pool == "") == (a.Nodes == nil):
		b.fault(at, "must have either pool or nodes")
	case a.Nodes != nil && a.Count != nil:
		b.fault(at+".count", "must be left out with nodes")
	case a.Nodes != nil:
		return b.nodeObjects(a.Nodes)
	case count < 1 || count > mostAdded:
		b.fault(at+".count", "must be from 1 to %d, got %d", mostAdded, count)
	default:
		return b.moreOf(at+".pool", a.Pool, count)
	}
	return nil
}

func (b *builder) nodeObjects(list []wire.Manifest) (added []*v1.Node) {
	for _, m := range list {
		if set, ok := b.read(m); ok {
			if len(set.Nodes) == 0 || len(set.Objects) > 0 {
				b.fault(m.At, "must hold Nodes and nothing else")
				continue
			}
			added = append(added, set.Nodes...)
		}
	}
	return added
}

// moreOf are further machines of a pool: of its declaration, or copies of the
// first node that an imported pool has.
func (b *builder) moreOf(at, name string, count int) []*v1.Node {
	for i := range b.pools {
		if p := &b.pools[i]; p.Name == name {
			had := p.Count
			p.Count += count
			list, err := p.Nodes()
			if err != nil {
				b.fault(at, "%s", err)
				return nil
			}
			return list[had:]
		}
	}
	for _, n := range b.spec.Nodes {
		if b.spec.Pools[n.Name] == name {
			return b.copies(n, count)
		}
	}
	b.unmatched(at, "must be a pool of the cluster, got %.60q", name)
	return nil
}

// copies are nodes like n, named <pool>-0, <pool>-1 … as far as these are free.
func (b *builder) copies(n *v1.Node, count int) (list []*v1.Node) {
	for i := 0; len(list) < count; i++ {
		name := fmt.Sprintf("%s-%d", nodes.PoolOf(n), i)
		if b.spec.Pools[name] != "" {
			continue
		}
		c := n.DeepCopy()
		c.Name, c.UID = name, types.UID(name)
		c.Labels[v1.LabelHostname] = name
		c.Spec.Unschedulable, c.Spec.ProviderID, c.Status.Images = false, "", nil
		list = append(list, c)
	}
	return list
}
