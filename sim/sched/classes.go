package sched

import (
	"context"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	fwk "k8s.io/kube-scheduler/framework"
)

// Pods of one template are alike to most plugins: whether a node takes one of them, and
// most of its score, follows from the node and its pods. So it is found out once for
// each class of pods and each node, and again when the node has another generation,
// which whatever changes it gives it:
//
//	class ─┬─ node a, generation 17 ─ fits, scores 70, 92, …
//	       ├─ node b, generation 40 ─ Insufficient cpu
//	       └─ node c, generation 12 ─ is now 44: asked again

// classes are those of the pods that were scheduled last.
type classes struct {
	list    []*podClass
	byOwner map[types.UID]*podClass // that of the last pod of an owner
}

// podClass is pods with the same spec.
type podClass struct {
	spec  v1.PodSpec
	nodes map[fwk.NodeInfo]*verdict
}

// Bounds of what is kept: a verdict takes about 100 bytes.
const (
	mostClasses = 64
	mostOwners  = 4096
)

// verdict is what plugins say of a node for pods of a class.
type verdict struct {
	node       fwk.NodeInfo
	generation int64 // of the node, at that time
	filtered   bool
	status     *fwk.Status // of the filters
	scored     bool
	of         *tally // whose count at holds
	at         site
	raw        [mostByNode]int64 // scores of the class's scores.plugins, in their order
}

// of is the class of a pod, nil for one that nobody owns, as others like it hardly
// follow. There are so many nodes.
func (c *classes) of(p *v1.Pod, nodes int) *podClass {
	of := c.find(p)
	if of != nil && len(of.nodes) > 2*nodes+100 {
		clear(of.nodes) // most of them are gone
	}
	return of
}

func (c *classes) find(p *v1.Pod) *podClass {
	owner := metav1.GetControllerOfNoCopy(p)
	if owner == nil {
		return nil
	}
	spec := p.Spec
	spec.Hostname = "" // which Jobs and StatefulSets give each pod, and no plugin reads
	if of := c.byOwner[owner.UID]; of != nil && apiequality.Semantic.DeepEqual(of.spec, spec) {
		return of
	}
	if len(c.byOwner) >= mostOwners {
		clear(c.byOwner)
	}
	if c.byOwner == nil {
		c.byOwner = map[types.UID]*podClass{}
	}
	for _, of := range c.list {
		if apiequality.Semantic.DeepEqual(of.spec, spec) {
			c.byOwner[owner.UID] = of
			return of
		}
	}
	if len(c.list) >= mostClasses {
		c.forget()
	}
	of := &podClass{spec: spec, nodes: map[fwk.NodeInfo]*verdict{}}
	c.list = append(c.list, of)
	c.byOwner[owner.UID] = of
	return of
}

// forget drops all verdicts, as something may have changed that is no node and no pod.
func (c *classes) forget() {
	c.list = c.list[:0]
	clear(c.byOwner)
}

// on is the verdict on a node as it is now, as far as it is known.
func (c *podClass) on(n fwk.NodeInfo) *verdict {
	v, generation := c.nodes[n], n.GetGeneration()
	if v == nil {
		v = &verdict{node: n}
		c.nodes[n] = v
	}
	if v.generation != generation {
		*v = verdict{node: n, generation: generation}
	}
	return v
}

// filter asks the plugins, or repeats what they said of the node as it is. Pods that
// are nominated to it count there, too, and aren't in its books.
func (p *profile) filter(ctx context.Context, state fwk.CycleState, pod *v1.Pod, n fwk.NodeInfo) *fwk.Status {
	if len(p.NominatedPodsForNode(n.Node().Name)) > 0 {
		return p.Framework.RunFilterPluginsWithNominatedPods(ctx, state, pod, n)
	}
	v := p.class.on(n)
	if !v.filtered {
		v.status = p.Framework.RunFilterPluginsWithNominatedPods(ctx, state, pod, n)
		v.filtered = v.status.IsSuccess() || v.status.IsRejected()
	}
	if v.status.IsSuccess() {
		p.fit = append(p.fit, v)
	}
	return v.status
}
