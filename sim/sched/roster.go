package sched

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// roster gives each node of a list a number that stays its own as long as it is there.
type roster struct {
	list    []fwk.NodeInfo // of which upstream makes a new one when nodes come or go
	numbers []int32        // of those in the list
	known   map[fwk.NodeInfo]int32
	free    []int32
	most    int     // numbers are below
	books   []books // by number
	content int64   // the last that a node has got
}

// books are what the plugins of classes read of a node: the node itself, and of its pods what
// they take and how many there are. A node gets another generation also when a pod that was
// assumed is bound, or one is told of again, which changes none of it.
type books struct {
	info               *framework.NodeInfo
	generation         int64
	content            int64 // another number for each other content
	node               *v1.Node
	requested, nonZero framework.Resource
	pods               int
	plain              bool // neither ports nor images, which are not compared
}

// contentOf is the number of what a node has now.
func (r *roster) contentOf(number int32, n *framework.NodeInfo) int64 {
	b := &r.books[number]
	if b.info == n && b.generation == n.Generation {
		return b.content
	}
	now := books{info: n, generation: n.Generation, node: n.Node(), requested: *n.Requested, nonZero: *n.NonZeroRequested,
		pods: len(n.Pods), plain: len(n.UsedPorts) == 0 && len(n.ImageStates) == 0}
	if now.same(b) {
		b.generation = now.generation
		return b.content
	}
	r.content++
	now.content = r.content
	now.requested.ScalarResources = maps.Clone(now.requested.ScalarResources) // headroom adds to them in place
	*b = now
	return b.content
}

func (b *books) same(o *books) bool {
	return b.info == o.info && b.node == o.node && b.pods == o.pods && b.plain && o.plain &&
		sameResource(&b.requested, &o.requested) && b.nonZero.MilliCPU == o.nonZero.MilliCPU &&
		b.nonZero.Memory == o.nonZero.Memory
}

func sameResource(a, b *framework.Resource) bool {
	return a.MilliCPU == b.MilliCPU && a.Memory == b.Memory && a.EphemeralStorage == b.EphemeralStorage &&
		maps.Equal(a.ScalarResources, b.ScalarResources)
}

// of are the numbers of the nodes.
func (r *roster) of(list []fwk.NodeInfo) []int32 {
	if len(list) == len(r.list) && (len(list) == 0 || &list[0] == &r.list[0]) {
		return r.numbers
	}
	before := r.known
	r.list, r.known, r.numbers = list, make(map[fwk.NodeInfo]int32, len(list)), r.numbers[:0]
	for _, n := range list {
		if number, is := before[n]; is {
			r.known[n] = number
		}
	}
	for n, number := range before {
		if _, is := r.known[n]; !is {
			r.free = append(r.free, number)
		}
	}
	slices.Sort(r.free)
	for _, n := range list {
		number, is := r.known[n]
		if !is {
			number = r.next()
			r.known[n] = number
		}
		r.numbers = append(r.numbers, number)
	}
	return r.numbers
}

func (r *roster) next() int32 {
	if last := len(r.free) - 1; last >= 0 {
		number := r.free[last]
		r.free = r.free[:last]
		return number
	}
	r.most++
	r.books = append(r.books, books{})
	return int32(r.most - 1)
}
