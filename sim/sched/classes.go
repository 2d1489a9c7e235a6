package sched

import (
	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Pods of one template are alike to most plugins: whether a node takes one of them, and
// most of its score, follows from the node and its pods. So it is found out once for
// each class of pods and each node, and again when the node has other content, see books:
//
//	class ─┬─ node a, content 17 ─ fits, scores 70, 92, …
//	       ├─ node b, content 40 ─ Insufficient cpu
//	       └─ node c, content 12 ─ is now 44: asked again

// classes are those of the pods that were scheduled last.
type classes struct {
	of     map[string]*podClass // by the bytes of the spec
	buffer []byte
	pods   uint64 // that were looked up
}

// podClass is pods with the same spec.
type podClass struct {
	verdicts []verdict // by the number of the node
	premise  *premise  // nil before it is known
	refusal  *refusal  // nil before no node took one
	last     uint64    // of the pods that were looked up
}

// mostVerdicts bounds what is kept of all classes, a verdict taking about 70 bytes.
const mostVerdicts = 1 << 19

// mostClasses is how many may be kept for so many nodes.
func mostClasses(nodes int) int { return max(mostVerdicts/max(nodes, 1024), 8) }

// verdict is what plugins say of a node for pods of a class.
type verdict struct {
	node     *framework.NodeInfo
	content  int64 // of the node, at that time
	filtered bool
	scored   bool
	status   *fwk.Status       // of the filters
	raw      [mostByNode]int64 // scores of the class's scores.plugins, in their order
}

// key is what a pod has in common with others of its class, nil when that can't be said. It
// holds until the next one.
func (c *classes) key(p *v1.Pod) []byte {
	spec := p.Spec
	spec.Hostname = "" // which Jobs and StatefulSets give each pod, and no plugin reads
	size := spec.Size()
	if cap(c.buffer) < size {
		c.buffer = make([]byte, 2*size)
	}
	key := c.buffer[:size]
	if _, err := spec.MarshalToSizedBuffer(key); err != nil {
		return nil // no text in it is other than UTF-8: pods were read from JSON or YAML
	}
	return key
}

// class is that of a key among so many nodes. It is made for a pod that is placed by it: pods
// that are bound to one node, which have specs of their own, would only take others' room.
func (c *classes) class(key []byte, nodes int) *podClass {
	of := c.of[string(key)]
	if of == nil {
		of = c.add(string(key), nodes)
	}
	c.use(of)
	return of
}

// use notes that a pod of the class is there.
func (c *classes) use(of *podClass) {
	c.pods++
	of.last = c.pods
}

// add makes room for a class where there are too many.
func (c *classes) add(key string, nodes int) *podClass {
	of := &podClass{}
	if c.of == nil {
		c.of = map[string]*podClass{}
	}
	for len(c.of) >= mostClasses(nodes) {
		oldest := ""
		for other, class := range c.of {
			if oldest == "" || class.last < c.of[oldest].last {
				oldest = other
			}
		}
		of.verdicts = c.of[oldest].verdicts
		delete(c.of, oldest)
	}
	clear(of.verdicts)
	c.of[key] = of
	return of
}

// room is for the verdicts on nodes of so many numbers.
func (c *podClass) room(numbers int) []verdict {
	if missing := numbers - len(c.verdicts); missing > 0 {
		c.verdicts = append(c.verdicts, make([]verdict, missing)...)
	}
	return c.verdicts
}

// forget drops all verdicts, as something may have changed that is no node and no pod.
func (c *classes) forget() { clear(c.of) }
