package build

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/behaviour"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// somePods reads which of a workload's pods an entry is for.
func (b *builder) somePods(at string, i int, w wire.Workload) cluster.Pods {
	p := cluster.Pods{
		Indexes: b.indexes(at, w), Ordinals: b.ranges(at+".ordinals", "ordinals", w.Ordinals, w.Target, numbered),
		Image: w.Image.Match, Revision: cluster.Revision(w.Revision),
	}
	switch p.Revision {
	case "", cluster.OldRevision, cluster.NewRevision:
	default:
		b.fault(at+".revision", "must be new or old, got %.60q", w.Revision)
		p.Revision = ""
	}
	if w.Share != nil {
		p.Share, p.Draw = float64(*w.Share), "share/"+strconv.Itoa(i)
		if p.Share == 0 {
			b.fault(at+".share", "must be above 0, got 0")
		}
	}
	if p.Image != "" && !b.anyImage(&p) {
		b.unmatched(at+".image.match", "must match an image of the manifests or of a step, got %.80q", p.Image)
	}
	return p
}

// anyImage reports whether a pattern fits an image that a container may have.
func (b *builder) anyImage(p *cluster.Pods) bool {
	for t := range b.objects.EveryTemplate {
		for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
			if p.FitsImage(c.Image) {
				return true
			}
		}
	}
	return slices.ContainsFunc(b.spec.Timeline, func(s cluster.Step) bool {
		set, is := s.Action.(cluster.SetImage)
		return is && p.FitsImage(set.Image)
	})
}

// ranges reads the numbers of pods in the notation of a Job's status. Only pods of some
// kinds have them.
func (b *builder) ranges(at, what, text, target string, have func(*kinds.Kind) bool) (list []cluster.IndexRange) {
	if text == "" {
		return nil
	}
	if kind, _, _ := strings.Cut(target, "/"); target != "*" && !have(b.objects.Kinds.Named(kind)) {
		b.fault(at, "must stand with a target of kind %s, got %.80q", b.objects.Kinds.Alternatives(have), target)
	}
	for _, part := range strings.Split(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 31)
		to, err2 := strconv.ParseUint(last, 10, 31)
		if err != nil || err2 != nil || to < from {
			b.fault(at, "must be %s like 1,3-5, got %.60q", what, text)
			return nil
		}
		list = append(list, cluster.IndexRange{First: int(from), Last: int(to)})
	}
	return list
}

// describeSome takes in an entry for some of the pods: what it leaves out is as the
// entry for all pods of the container has it, or as it is assumed of them.
func (b *builder) describeSome(i int, of cluster.Workload, w wire.Workload) {
	at, before := fmt.Sprintf("workloads[%d]", i), len(b.List)
	for t, c := range b.containersOf(of) {
		of := of
		of.Kind, of.Namespace, of.Name, of.Container = t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name
		own := w.Clone()
		if base := b.baseOf(of); base >= 0 {
			own.TakeFrom(b.described[b.entries[base]])
		}
		told := b.List[before:]
		b.preset(at, &own)
		b.describe(i, of, own)
		again := b.List[before+len(told):]
		b.List = append(b.List[:before+len(told)], slices.DeleteFunc(again, func(f wire.Fault) bool {
			return slices.Contains(told, f) // of the container before
		})...)
	}
}

// baseOf is the description of all pods of a container, -1 when there is none.
func (b *builder) baseOf(w cluster.Workload) int {
	return slices.IndexFunc(b.spec.Workloads, func(base cluster.Workload) bool {
		return base.Pods.All() && base.Matches(w.Kind, w.Namespace, w.Name, w.Container)
	})
}

// restOnAssumed lets entries for some pods take what they leave out from what was
// assumed of the others.
func (b *builder) restOnAssumed() {
	for i := range b.entries {
		w := &b.spec.Workloads[i]
		if w.Pods.All() {
			continue
		}
		if j := b.baseOf(*w); j >= len(b.entries) {
			behaviour.Complete(&w.Behaviour, b.spec.Workloads[j].Behaviour)
			if w.Server.Program == nil {
				w.Server = b.spec.Workloads[j].Server
			}
		}
	}
}

// containersOf are the containers of which an entry says something, each once.
func (b *builder) containersOf(w cluster.Workload) iter.Seq2[objects.Template, v1.Container] {
	return func(yield func(objects.Template, v1.Container) bool) {
		seen := map[string]bool{}
		for t := range b.objects.EveryTemplate {
			for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
				key := t.Key() + " " + c.Name
				if seen[key] || !w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
					continue
				}
				if seen[key] = true; !yield(t, c) {
					return
				}
			}
		}
	}
}
