package build

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// timeline reads the steps.
func (b *builder) timeline(list []wire.Step) {
	b.joinNodes(list)
	for i, s := range list {
		at := fmt.Sprintf("timeline[%d]", i)
		if b.broken(at) {
			continue
		}
		action := b.action(at, i, s)
		if action == nil {
			continue
		}
		if t := time.Duration(*s.At); t > b.spec.Duration {
			b.unmatched(at+".at", "must be within the duration of %s, got %s", b.spec.Duration, t)
		}
		b.spec.Timeline = append(b.spec.Timeline, cluster.Step{At: sim.Time(*s.At), Action: action,
			Source: fmt.Sprintf("%s:%d", b.File, b.lines.Of(at))})
	}
	sortSteps(b.spec.Timeline)
}

// action reads the one action of the i-th step, nil when it is at fault.
func (b *builder) action(at string, i int, s wire.Step) cluster.Action {
	if given := s.Actions(); given != 1 {
		b.fault(at, "must have exactly one of %s, got %d", strings.Join(wire.ActionNames, ", "), given)
		return nil
	}
	switch {
	case s.Apply != nil:
		return b.apply(s.Apply)
	case s.Delete != nil:
		return b.deletion(at, s.Delete)
	case s.Scale != nil:
		return b.scale(at+".scale", s.Scale)
	case s.SetImage != nil:
		return b.setImage(at+".setImage", s.SetImage)
	case s.SetResources != nil:
		return b.setResources(at+".setResources", s.SetResources)
	case s.SetMetric != nil:
		return b.setMetric(at+".setMetric", s.SetMetric)
	case s.Rollout != nil:
		return b.rollout(at+".rollout", s.Rollout)
	case s.Drain != nil:
		return b.drain(at+".drain", s.Drain)
	case s.Cordon != nil:
		return b.cordon(at+".cordon.node", s.Cordon.Node, true)
	case s.Uncordon != nil:
		return b.cordon(at+".uncordon.node", s.Uncordon.Node, false)
	default:
		return b.machineAction(at, i, s)
	}
}

func (b *builder) apply(list []wire.Manifest) cluster.Action {
	var a cluster.Apply
	for _, m := range list {
		set, ok := b.read(m)
		if !ok {
			continue
		}
		if len(set.Nodes) > 0 {
			b.fault(m.At, "must not hold Nodes, they join by nodeAdd")
		}
		for _, o := range set.Objects {
			// Later steps may name it; it may replace an earlier one.
			if _, replaces := b.objects.Add(o); replaces {
				b.objects.Change(o)
			}
		}
		b.spec.Ignored = append(b.spec.Ignored, set.Ignored...)
		a.Objects = append(a.Objects, runtimeObjects(set.Objects)...)
	}
	if len(a.Objects) == 0 {
		return nil
	}
	return a
}

// deletable reports whether a step can delete objects of a kind.
func deletable(k *kinds.Kind) bool { return k != nil && !k.Stays }

func (b *builder) deletion(at string, t *wire.Delete) cluster.Action {
	r, err := b.objects.FindPod(t.Target, b.namespace(t.Namespace))
	if kind, _, _ := strings.Cut(t.Target, "/"); b.objects.ClusterScoped(kind) {
		r, err = b.objects.Find(t.Target, "")
	}
	if err != nil {
		b.refuse(at+".delete.target", err)
		return nil
	}
	if !deletable(b.objects.Kinds.Named(r.Kind)) {
		b.fault(at+".delete.target", "must be a %s, got %s", b.objects.Kinds.Alternatives(deletable), r.Kind)
		return nil
	}
	return b.deletionGrace(at, t, cluster.Delete{Target: r})
}

// deletionGrace reads --grace-period and --force as kubectl delete does: a grace period
// of 0 needs force, and is 1 s without; force alone is without grace.
func (b *builder) deletionGrace(at string, t *wire.Delete, d cluster.Delete) cluster.Action {
	if t.GracePeriodSeconds == nil && !t.Force {
		return d
	}
	grace := int64(0)
	if t.GracePeriodSeconds != nil {
		grace = *t.GracePeriodSeconds
	}
	switch {
	case d.Target.Kind != "Pod":
		b.fault(at+".delete", "must have gracePeriodSeconds and force of a Pod alone, got a %s", d.Target.Kind)
	case grace < 0:
		b.fault(at+".delete.gracePeriodSeconds", "must be at least 0, got %d", grace)
	case t.Force && grace > 0:
		b.fault(at+".delete", "--force and --grace-period greater than 0 cannot be specified together")
	case !t.Force:
		grace = max(grace, 1)
	}
	d.Grace = &grace
	return d
}

func (b *builder) scale(at string, s *wire.Scale) cluster.Action {
	r, err := b.objects.Find(s.Target, b.namespace(s.Namespace))
	scales := func(k *kinds.Kind) bool { return k != nil && k.Verbs.Scale }
	most := manifest.MostReplicas(r.Kind)
	switch {
	case err != nil:
		b.refuse(at+".target", err)
	case !scales(b.objects.Kinds.Named(r.Kind)):
		b.fault(at+".target", "must be a %s, got %s", b.objects.Kinds.Alternatives(scales), r.Kind)
	case *s.Replicas > most:
		b.fault(at+".replicas", "must be at most %d for a %s, got %d", most, r.Kind, *s.Replicas)
	case *s.Replicas < 0:
		b.fault(at+".replicas", "must be at least 0, got %d", *s.Replicas)
	default:
		return cluster.Scale{Target: r, Replicas: int32(*s.Replicas)}
	}
	return nil
}

// templated resolves a target that has a pod template to change: a copy of the
// object, and its template.
func (b *builder) templated(at, target, namespace string) (runtime.Object, *v1.PodTemplateSpec, cluster.ObjectRef,
	bool) {
	r, err := b.objects.Find(target, b.namespace(namespace))
	if err != nil {
		b.refuse(at, err)
		return nil, nil, r, false
	}
	changes := func(k *kinds.Kind) bool { return k != nil && k.Verbs.SetTemplate }
	k := b.objects.Kinds.Named(r.Kind)
	if !changes(k) {
		b.fault(at, "must be a %s, got %s", b.objects.Kinds.Alternatives(changes), r.Kind)
		return nil, nil, r, false
	}
	o := b.objects.ByName[r].DeepCopyObject().(kinds.Object)
	return o, k.Template(o), r, true
}

func (b *builder) setImage(at string, s *wire.SetImage) cluster.Action {
	_, template, r, ok := b.templated(at+".target", s.Target, s.Namespace)
	if !ok {
		return nil
	}
	named := func(c v1.Container) bool { return c.Name == s.Container }
	pod := template.Spec
	known := slices.ContainsFunc(pod.Containers, named) || slices.ContainsFunc(pod.InitContainers, named)
	if !known {
		b.unmatched(at+".container", "must be a container of %s, got %.60q", s.Target, s.Container)
	}
	if s.Image == "" {
		b.fault(at+".image", "must be given")
	}
	if !known || s.Image == "" {
		return nil
	}
	return cluster.SetImage{Target: r, Container: s.Container, Image: s.Image}
}

// setResources checks the new resources as the API server would.
func (b *builder) setResources(at string, s *wire.SetResources) cluster.Action {
	changed, template, r, ok := b.templated(at+".target", s.Target, s.Namespace)
	if !ok {
		return nil
	}
	if len(s.Requests)+len(s.Limits) == 0 {
		b.fault(at, "must have requests or limits")
		return nil
	}
	a := cluster.SetResources{Target: r, Container: s.Container, Requests: resourceList(s.Requests),
		Limits: resourceList(s.Limits)}
	if err := control.SetTemplateResources(template, a.Container, a.Requests, a.Limits); err != nil {
		b.unmatched(at+".container", "must be a container of %s, got %.60q", s.Target, s.Container)
		return nil
	}
	if text := b.manifests.Validate(changed); text != "" {
		b.fault(at, "%s", text)
		return nil
	}
	return a
}

func (b *builder) setMetric(at string, s *wire.SetMetric) cluster.Action {
	value := resource.Quantity(*s.Value)
	if s.Name == "" {
		b.fault(at+".name", "must be given")
		return nil
	}
	return cluster.SetMetric{Namespace: b.namespace(s.Namespace), Name: s.Name, Value: value}
}

func (b *builder) rollout(at string, s *wire.Rollout) cluster.Action {
	verbs := []cluster.RolloutVerb{cluster.Undo, cluster.Restart, cluster.Pause, cluster.Resume}
	if !slices.Contains(verbs, cluster.RolloutVerb(s.Verb)) {
		b.fault(at+".verb", "must be undo, restart, pause or resume, got %.60q", s.Verb)
		return nil
	}
	if s.ToRevision < 0 {
		b.fault(at+".toRevision", "must be at least 0, got %d", s.ToRevision)
	}
	_, _, r, ok := b.templated(at+".target", s.Target, s.Namespace)
	if !ok {
		return nil
	}
	rolls := func(k *kinds.Kind) bool { return k.Verbs.Rollout }
	k := b.objects.Kinds.Named(r.Kind)
	if !rolls(k) {
		b.fault(at+".target", "must be a %s, got %s", b.objects.Kinds.Alternatives(rolls), r.Kind)
		return nil
	}
	if !k.Verbs.Pause && (s.Verb == "pause" || s.Verb == "resume") {
		b.fault(at+".verb", "must be undo or restart for a %s, which can't be paused, got %s", r.Kind, s.Verb)
		return nil
	}
	return cluster.Rollout{Target: r, Verb: cluster.RolloutVerb(s.Verb), ToRevision: int64(s.ToRevision)}
}

func (b *builder) drain(at string, d *wire.Drain) cluster.Action {
	if b.cordon(at+".node", d.Node, true) == nil {
		return nil
	}
	a := cluster.Drain{Node: d.Node, Force: d.Force, DeleteEmptyDirData: d.DeleteEmptyDirData,
		IgnoreDaemonSets: d.IgnoreDaemonSets}
	if d.Timeout != nil {
		a.Timeout = time.Duration(*d.Timeout)
	}
	return a
}

func (b *builder) cordon(at, name string, unschedulable bool) cluster.Action {
	if !b.isNode(at, name) {
		return nil
	}
	return cluster.Cordon{Node: name, Unschedulable: unschedulable}
}

func sortSteps(list []cluster.Step) {
	slices.SortStableFunc(list, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
}
