package build

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// machines makes the pools and reads the nodes.
func (b *builder) machines(c *wire.Cluster) {
	if len(b.options.Nodes) > 0 {
		b.flagNodes()
		return
	}
	names := map[string]bool{}
	for i, p := range c.Pools {
		at := fmt.Sprintf("cluster.pools[%d]", i)
		if b.broken(at) {
			continue
		}
		if names[p.Name] {
			b.fault(at+".name", "must be unique, got %q twice", p.Name)
		}
		names[p.Name] = true
		pool := poolOf(p)
		faults := pool.Validate()
		for _, f := range faults {
			b.fault(at+"."+f.Field, "%s", nodes.Fault(f))
		}
		if len(faults) > 0 {
			continue
		}
		list, err := pool.Nodes()
		if err != nil {
			b.fault(at, "%s", err)
			continue
		}
		b.pools = append(b.pools, pool)
		addNodes(b.spec, list)
	}
	for _, m := range c.Nodes {
		if set, ok := b.read(m); ok {
			if len(set.Nodes) == 0 {
				b.fault(m.At, "must hold at least one Node")
			}
			addNodes(b.spec, set.Nodes)
		}
	}
	if len(b.spec.Nodes) == 0 && len(c.Pools)+len(c.Nodes) == 0 {
		b.fault("cluster", "must have at least one pool or node")
	}
	b.uniqueNodes()
}

func (b *builder) uniqueNodes() {
	seen := map[string]bool{}
	for _, n := range b.spec.Nodes {
		if seen[n.Name] {
			b.fault("cluster", "must have nodes of different names, got %q twice", n.Name)
		}
		seen[n.Name] = true
	}
}

// flagNodes makes the pools of --nodes.
func (b *builder) flagNodes() {
	b.spec.Nodes, b.spec.Pools = nil, map[string]string{}
	for _, text := range b.options.Nodes {
		pool, err := nodes.ParsePool(text)
		if err != nil {
			b.Add(0, "--nodes", "%s", err)
			continue
		}
		list, err := pool.Nodes()
		if err != nil {
			b.Add(0, "--nodes", "%s", err)
			continue
		}
		b.pools = append(b.pools, pool)
		addNodes(b.spec, list)
	}
	b.uniqueNodes()
}

func poolOf(p wire.Pool) nodes.Pool {
	pool := nodes.Pool{
		Name: p.Name, Count: 1, InstanceType: p.InstanceType, Labels: p.Labels, Zones: p.Zones,
		Capacity: resourceList(p.Capacity), Allocatable: resourceList(p.Allocatable),
		Sharing: nodes.Sharing{Replicas: p.GPUSharing.Replicas, MIG: p.GPUSharing.MIG},
	}
	if p.Count != nil {
		pool.Count = *p.Count
	}
	for _, t := range p.Taints {
		pool.Taints = append(pool.Taints, v1.Taint{Key: t.Key, Value: t.Value, Effect: v1.TaintEffect(t.Effect)})
	}
	return pool
}

func resourceList(of map[string]wire.Quantity) v1.ResourceList {
	if of == nil {
		return nil
	}
	list := v1.ResourceList{}
	for name, q := range of {
		list[v1.ResourceName(name)] = resource.Quantity(q)
	}
	return list
}

// addNodes puts machines into a Spec.
func addNodes(spec *cluster.Spec, list []*v1.Node) {
	for _, n := range list {
		spec.Nodes = append(spec.Nodes, n)
		spec.Pools[n.Name] = nodes.PoolOf(n)
		if shape, known := nodes.ShapeOf(n); known && shape.USDPerHour > 0 {
			spec.USDPerHour[n.Name] = shape.USDPerHour
		}
	}
}
