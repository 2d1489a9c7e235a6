package sched

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	fwk "k8s.io/kube-scheduler/framework"
)

// census counts the pods of each node by their labels. After a change of a node it
// looks at the pods that came and went, not at those that stayed:
//
//	before  a b c d        d has moved to where b was, e came:
//	now     a d c e        one of b's labels less, one of e's more
type census struct {
	nodes map[fwk.NodeInfo]*residents
	sets  map[string]*labelled
}

// labelled are the pods of a namespace with the same labels.
type labelled struct {
	namespace string
	labels    labels.Set
	key       string
	pods      int64 // on all nodes
}

// residents are the pods of a node when it was of that generation.
type residents struct {
	generation int64
	pods       []fwk.PodInfo
	counts     []resident
}

type resident struct {
	of   *labelled
	pods int64
}

func newCensus() census {
	return census{nodes: map[fwk.NodeInfo]*residents{}, sets: map[string]*labelled{}}
}

// of are the residents of a node as it is now.
func (c *census) of(n fwk.NodeInfo) *residents {
	r := c.nodes[n]
	if r == nil {
		r = &residents{}
		c.nodes[n] = r
	}
	generation := n.GetGeneration()
	if r.generation == generation {
		return r
	}
	r.generation = generation
	pods := n.GetPods()
	for i := range max(len(pods), len(r.pods)) {
		switch {
		case i >= len(pods):
			c.count(r, r.pods[i], -1)
		case i >= len(r.pods):
			c.count(r, pods[i], 1)
		case pods[i] != r.pods[i]:
			c.count(r, r.pods[i], -1)
			c.count(r, pods[i], 1)
		}
	}
	clear(r.pods)
	r.pods = append(r.pods[:0], pods...)
	return r
}

// count adds a pod to the residents, or takes it away. One that is being deleted does
// not count.
func (c *census) count(r *residents, info fwk.PodInfo, pods int64) {
	p := info.GetPod()
	if p.DeletionTimestamp != nil {
		return
	}
	of := c.set(p)
	of.pods += pods
	if of.pods == 0 {
		delete(c.sets, of.key)
	}
	for i := range r.counts {
		if r.counts[i].of != of {
			continue
		}
		if r.counts[i].pods += pods; r.counts[i].pods == 0 {
			last := len(r.counts) - 1
			r.counts[i] = r.counts[last]
			r.counts[last] = resident{}
			r.counts = r.counts[:last]
		}
		return
	}
	r.counts = append(r.counts, resident{of, pods})
}

func (c *census) set(p *v1.Pod) *labelled {
	key := p.Namespace + "/" + labels.Set(p.Labels).String()
	of := c.sets[key]
	if of == nil {
		of = &labelled{namespace: p.Namespace, labels: p.Labels, key: key}
		c.sets[key] = of
	}
	return of
}
