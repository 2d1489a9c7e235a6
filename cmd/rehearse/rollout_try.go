package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/rollout"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// updater plays an update of one workload, and settings that may mend it.
type updater struct {
	paths   []string
	options scenarios.Options
	streams Streams
	target  string // as a person writes it
	image   string
	restart bool
	mends   bool
	patch   string   // the form of the answer's change, "" for none
	at      sim.Time // 0 is half of the duration

	key    record.Key // of the workload
	action cluster.Action
	update string
}

// answer plays the update as given, and changes where it does not end well.
func (u *updater) answer(ctx context.Context) (*rollout.Answer, error) {
	spec, err := load(u.paths, u.options)
	if err != nil {
		return nil, err
	}
	if err := u.resolve(spec); err != nil {
		return nil, err
	}
	foresee(u.streams, spec)
	ctx, done := u.streams.brake.apply(ctx)
	defer done()
	given, why, err := u.try(ctx, spec)
	if err != nil {
		return nil, asLimit(err)
	}
	a := &rollout.Answer{Schema: rollout.SchemaName, Workload: u.key.String(), Update: u.update, At: u.at,
		Duration: sim.Time(spec.Duration), Seed: spec.Seed, AsGiven: given, Fine: given.Fine(), Why: why,
		Tried: []*rollout.Trial{}, Notes: []string{}, Assumptions: append([]string{}, spec.Assumptions...)}
	if given.Begun > 0 && given.ReadyAtBegin < given.Desired {
		a.Notes = append(a.Notes, "not all pods are ready when it begins: give more time before it, by --at and --duration")
	}
	if a.Fine || !u.mends || given.Begun == 0 {
		return a, nil
	}
	changes := rollout.Changes(u.workload(spec))
	if len(u.options.Nodes) > 0 {
		changes = append(changes, rollout.OneMore(u.options.Nodes)...)
	}
	tried, best, err := rollout.Mend(given, changes, func(list [][]rollout.Change) ([]*rollout.Trial, error) {
		return u.tryAll(ctx, list)
	})
	if err != nil {
		return nil, asLimit(err)
	}
	a.Tried = append(a.Tried, tried...)
	a.Best, a.Mends = best, best != nil && best.Fine()
	a.SameMachines = rollout.OnSameMachines(a.AsGiven, best, tried)
	if best != nil {
		var sets []string
		for _, c := range best.Changes {
			sets = append(sets, c.Set...)
		}
		if a.Patch, err = patchOf(u.patch, sets, spec, u.streams.inputs); err != nil {
			return nil, err
		}
	}
	if best != nil && strings.Contains(strings.Join(best.Flags, " "), "spec.template.") {
		a.Notes = append(a.Notes, "what changes the template of the pods holds for those that the update replaces when "+
			"it was rolled out before")
	}
	return a, nil
}

// resolve finds the workload and makes the step.
func (u *updater) resolve(spec *cluster.Spec) error {
	half := sim.Time(spec.Duration / 2)
	if u.at == 0 {
		u.at = half
	}
	if u.at >= sim.Time(spec.Duration) {
		return badInput("--at: must be within the duration of %s, got %s", spec.Duration, time.Duration(u.at))
	}
	var names []string
	var found []record.Workload
	for _, w := range spec.Header().Workloads {
		if w.Strategy.Update == nil {
			continue
		}
		k := record.ParseKey(w.Key)
		name := k.Kind + "/" + k.NamespacedName()
		names = append(names, name)
		if report.IsNamed(name, u.target) {
			found = append(found, w)
		}
	}
	if len(names) == 0 {
		return badInput("rollout: must have a workload that is updated, got none")
	}
	if err := mustKnow(u.target, names); err != nil {
		return err
	}
	if len(found) > 1 {
		return badInput("rollout: must name the namespace, as in Kind/namespace/name, got %.80q, of which there are %d",
			u.target, len(found))
	}
	u.key = record.ParseKey(found[0].Key)
	return u.step(found[0])
}

// step makes the action, as kubectl names it.
func (u *updater) step(w record.Workload) error {
	ref := cluster.ObjectRef{Kind: u.key.Kind}
	ref.Namespace, ref.Name = u.key.Namespace, u.key.Name
	if u.restart {
		u.action, u.update = cluster.Rollout{Target: ref, Verb: cluster.Restart}, "the restart"
		return nil
	}
	container, image, named := strings.Cut(u.image, "=")
	if !named {
		container, image = "", u.image
	}
	var names []string
	for _, c := range w.Containers {
		names = append(names, c.Name)
	}
	switch {
	case image == "" || strings.ContainsFunc(image, scenarios.Control):
		return badInput("--image: must be IMAGE or CONTAINER=IMAGE, got %.80q", u.image)
	case !named && len(names) > 1:
		return badInput("--image: must be CONTAINER=IMAGE, with one of the containers %s", strings.Join(names, ", "))
	case !named:
		container = names[0]
	case !slices.Contains(names, container):
		return badInput("--image: must name a container of %s, which are %s, got %.60q", u.key, strings.Join(names, ", "),
			container)
	}
	if now := w.Containers[slices.Index(names, container)].Image; now == image {
		return badInput("--image: must be another image than that of now, got %.80q", image)
	}
	u.action = cluster.SetImage{Target: ref, Container: container, Image: image}
	u.update = "the update to " + image
	return nil
}

// try plays a spec with the update and without, and says what is wrong with it alone.
func (u *updater) try(ctx context.Context, spec *cluster.Spec) (*rollout.Trial, []string, error) {
	updated := *spec
	updated.Timeline = append(slices.Clone(spec.Timeline), cluster.Step{At: u.at, Action: u.action})
	sortSteps(updated.Timeline)
	specs := []*cluster.Spec{&updated, spec}
	watches := []*rollout.Watch{rollout.NewWatch(u.key.String(), u.at), rollout.NewWatch(u.key.String(), u.at)}
	results := make([]*report.Result, len(specs))
	err := sideBySide(len(specs), spec.Replications, func(i int) (err error) {
		results[i], err = play(ctx, specs[i], watches[i].Add)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return rollout.NewTrial(watches[0], watches[1]), newFindings(results[0], results[1]), nil
}

// newFindings are those of a that b has not, without questions.
func newFindings(a, b *report.Result) []string {
	list := []string{}
	for _, f := range a.Findings {
		known := false
		for _, k := range b.Findings {
			known = known || k.Rule == f.Rule && k.Object == f.Object
		}
		if !known && len(f.DependsOn) == 0 {
			list = append(list, f.What)
		}
	}
	return list
}

// tryAll plays combinations of changes of the input.
func (u *updater) tryAll(ctx context.Context, list [][]rollout.Change) ([]*rollout.Trial, error) {
	specs := make([]*cluster.Spec, len(list))
	for i, changes := range list {
		options := u.options
		options.Set = slices.Clone(options.Set)
		for _, c := range changes {
			options.Set = append(options.Set, c.Set...)
			if len(c.Nodes) > 0 {
				options.Nodes = c.Nodes
			}
		}
		var err error
		if specs[i], err = load(u.paths, options); err != nil {
			return nil, err
		}
	}
	trials := make([]*rollout.Trial, len(list))
	err := sideBySide(len(list), specs[0].Replications, func(i int) (err error) {
		trials[i], _, err = u.try(ctx, specs[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return trials, nil
}

// workload is what changes depend on.
func (u *updater) workload(spec *cluster.Spec) rollout.Workload {
	w := rollout.Workload{Name: u.key.Kind + "/" + u.key.Name}
	same := 0
	for _, of := range spec.Header().Workloads {
		k := record.ParseKey(of.Key)
		if k.Kind == u.key.Kind && k.Name == u.key.Name {
			same++
		}
		if k == u.key {
			w.Strategy, w.Readiness, w.Replicas = of.Strategy, of.Readiness, of.Replicas
		}
	}
	if same > 1 {
		w.Name = u.key.Kind + "/" + u.key.NamespacedName()
	}
	table := spec.Kinds()
	spec.EachObject(func(o runtime.Object) {
		of, err := meta.Accessor(o)
		if err != nil || table.NameOf(o) != u.key.Kind || of.GetName() != u.key.Name ||
			of.GetNamespace() != u.key.Namespace {
			return
		}
		if fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o); err == nil {
			describe(&w, fields)
		}
	})
	return w
}

// describe reads what a manifest says of how pods are replaced and ended.
func describe(w *rollout.Workload, fields map[string]any) {
	for _, name := range []string{"strategy", "updateStrategy"} {
		if _, has, _ := unstructured.NestedMap(fields, "spec", name); has {
			w.Field = name
		}
	}
	pod := []string{"spec", "template", "spec"}
	w.Grace, _, _ = unstructured.NestedInt64(fields, append(slices.Clone(pod), "terminationGracePeriodSeconds")...)
	containers, _, _ := unstructured.NestedSlice(fields, append(slices.Clone(pod), "containers")...)
	for i, c := range containers {
		container, _ := c.(map[string]any)
		ports, _, _ := unstructured.NestedSlice(container, "ports")
		if len(ports) == 0 {
			continue
		}
		first, _ := ports[0].(map[string]any)
		port, _, _ := unstructured.NestedInt64(first, "containerPort")
		w.Container, w.Port = i, int32(port)
		break
	}
	if w.Container < len(containers) {
		container, _ := containers[w.Container].(map[string]any)
		_, w.PreStop, _ = unstructured.NestedMap(container, "lifecycle", "preStop")
	}
}
