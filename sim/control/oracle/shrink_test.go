package oracle

import (
	"slices"

	apps "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// shrink looks for a smaller scenario that still fails: without a step, an
// object or a node, or with fewer replicas. It tries at most so many.
func shrink(spec *cluster.Spec, tries int, fails func(*cluster.Spec) bool) *cluster.Spec {
	for {
		smaller := (*cluster.Spec)(nil)
		for _, candidate := range simpler(spec) {
			if tries--; tries < 0 {
				return spec
			}
			if fails(candidate) {
				smaller = candidate
				break
			}
		}
		if smaller == nil {
			return spec
		}
		spec = smaller
	}
}

// simpler are the scenarios that lack one thing, the largest things first.
func simpler(spec *cluster.Spec) (list []*cluster.Spec) {
	with := func(change func(*cluster.Spec)) {
		next := *spec
		next.Nodes, next.Objects, next.Timeline = slices.Clone(spec.Nodes), slices.Clone(spec.Objects),
			slices.Clone(spec.Timeline)
		change(&next)
		list = append(list, &next)
	}
	for i := range spec.Timeline {
		with(func(s *cluster.Spec) { s.Timeline = slices.Delete(s.Timeline, i, i+1) })
	}
	for i := range spec.Objects {
		if len(spec.Objects) > 1 {
			with(func(s *cluster.Spec) { s.Objects = slices.Delete(s.Objects, i, i+1) })
		}
	}
	for i := range spec.Nodes {
		if len(spec.Nodes) > 1 {
			with(func(s *cluster.Spec) { s.Nodes = slices.Delete(s.Nodes, i, i+1) })
		}
	}
	for i, o := range spec.Objects {
		if fewer := halved(o); fewer != nil {
			with(func(s *cluster.Spec) { s.Objects[i] = fewer })
		}
	}
	return list
}

// halved is an object with half of its replicas, nil when it has none to give.
func halved(o runtime.Object) runtime.Object {
	switch o := o.DeepCopyObject().(type) {
	case *apps.Deployment:
		if *o.Spec.Replicas > 1 {
			o.Spec.Replicas = ptr.To(*o.Spec.Replicas / 2)
			return o
		}
	case *apps.StatefulSet:
		if *o.Spec.Replicas > 1 {
			o.Spec.Replicas = ptr.To(*o.Spec.Replicas / 2)
			return o
		}
	}
	return nil
}
