package cluster

import (
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// objects lists what is applied at the start and by steps.
func (s *Spec) objects() []runtime.Object {
	list := slices.Clone(s.Objects)
	for _, step := range s.Timeline {
		if a, is := step.Action.(Apply); is {
			list = append(list, a.Objects...)
		}
	}
	return list
}

// ObjectNames lists the objects whose names are known before the run and that
// records can tell of, as Kind/namespace/name: those of the start, those that
// steps bring, and the autoscalers of ScaledObjects. Queues and what lies outside
// of the cluster count as Services.
func (s *Spec) ObjectNames() []string {
	var list []string
	table := s.Kinds()
	add := func(kind, key string) { list = append(list, kind+"/"+key) }
	for _, o := range s.objects() {
		if k := table.Of(o); k != nil && k.Recorded {
			add(k.Kind, kinds.KeyOf(o.(kinds.Object)))
			if k.Also != nil {
				list = append(list, k.Also(o.(kinds.Object))...)
			}
		}
	}
	for _, q := range s.Queues {
		add("Service", q.Key)
	}
	for _, e := range s.Externals {
		add("Service", e.Name)
	}
	nodes := func(joining []*v1.Node) {
		for _, n := range joining {
			add("Node", n.Name)
		}
	}
	nodes(s.Nodes)
	for _, step := range s.Timeline {
		if a, is := step.Action.(NodeAdd); is {
			nodes(a.Nodes)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// sureOfName is how much of a long name stands in that of a dependent at the
// least: names that are made up are cut to leave room for an index and a suffix.
const sureOfName = 40

// Makers are the objects, Kind/namespace/name, whose controllers can make an
// object in the course of a run: its name begins with theirs. The name may be
// namespace/name; without a namespace it stands for one in any.
func (s *Spec) Makers(kind, name string) (list []string) {
	table := s.Kinds()
	namespace, short, given := strings.Cut(name, "/")
	if !given {
		short = name
	}
	for _, o := range s.objects() {
		k := table.Of(o)
		if k == nil {
			continue
		}
		in, owner := o.(kinds.Object).GetNamespace(), o.(kinds.Object).GetName()
		begin := owner + "-"
		if slices.ContainsFunc(k.Makes, func(made string) bool { return strings.EqualFold(made, kind) }) &&
			(!given || namespace == in) && strings.HasPrefix(short, begin[:min(len(begin), sureOfName)]) {
			list = append(list, k.Kind+"/"+kinds.Key(in, owner))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
