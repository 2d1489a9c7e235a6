package build

import (
	"path/filepath"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/exports"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Source is where a scenario was read.
type Source struct {
	Path  string
	Lines manifest.Lines
	// Changes are those of --set that are meant for objects.
	Changes []*manifest.Change
}

// Scenario makes the Spec of a scenario that was read from a file. Its faults
// join those that reading has found; the Spec counts only when there are none.
func Scenario(s *wire.Scenario, from Source, faults *wire.Faults, options Options) *cluster.Spec {
	if len(options.RPS) > 0 {
		faults.Add(0, "--rps", "goes with manifests; in a scenario use --set traffic[0].rate.constant=RATE")
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(from.Path), filepath.Ext(from.Path))
	}
	b := newBuilder(faults, from, options)
	if !options.Given().IsPipe(from.Path) { // whose paths count from where the command is
		b.folder = filepath.Dir(from.Path)
	}
	b.flags()
	if !b.passOver() {
		return nil
	}
	spec := b.build(s)
	if !b.shaky["manifests"] && !b.shaky["timeline"] {
		b.unused(from.Changes)
	}
	return spec
}

func newBuilder(faults *wire.Faults, from Source, options Options) *builder {
	b := &builder{
		Faults: faults, lines: from.Lines, folder: ".", options: options,
		manifests: manifest.Options{Files: options.Files(), Namespace: options.Namespace, Changes: from.Changes,
			OtherNodes: len(options.Nodes) > 0},
	}
	for _, e := range options.Extensions {
		b.manifests.Kinds = append(b.manifests.Kinds, e.Kinds...)
	}
	return b
}

// build makes the Spec, section by section. What could not be read of a section
// is passed over, so that the faults of all the others are told at once.
func (b *builder) build(s *wire.Scenario) *cluster.Spec {
	b.spec = b.newSpec()
	b.spec.Name, b.spec.Description = s.Name, s.Description
	b.section("", func() { b.general(s) })
	b.section("cluster", func() { b.control(&s.Cluster) })
	b.section("customKinds", func() { b.customKinds(s.CustomKinds) })
	b.section("manifests", func() { b.load(s.Manifests) }, "customKinds")
	b.section("cluster", func() { b.machines(&s.Cluster) })
	b.section("absent", func() { b.absent(s.Absent) })
	b.section("timeline", func() { b.timeline(s.Timeline) }, "timeline", "manifests", "cluster", "duration")
	b.section("externals", func() { b.externals(s.Externals) }, "manifests")
	objects := []string{"manifests", "timeline"}
	b.section("workloads", func() {
		b.workloads(s.Workloads)
		b.refuseCycles()
	}, append(objects, "cluster", "externals", "queues", "traffic")...)
	b.section("queues", func() { b.queues(s.Queues) }, append(objects, "workloads")...)
	b.section("traffic", func() { b.traffic(s.Traffic) }, append(objects, "workloads", "queues")...)
	b.section("metrics", func() {
		b.metrics(s.Metrics)
		b.exported(exports.Triggers(&b.objects, b.valued))
	}, append(objects, "cluster", "workloads", "queues", "traffic")...)
	b.section("", b.scaledObjects, append(objects, "queues", "metrics")...)
	b.section("expect", func() { b.expect(s.Expect) }, append(objects, "cluster", "externals", "workloads", "queues",
		"traffic", "metrics")...)
	b.section("silence", func() { b.silences(s.Silence) }, append(objects, "externals")...)
	b.section("", func() {
		b.assume()
		b.restOnAssumed()
	}, append(objects, "cluster", "externals", "workloads", "queues", "traffic", "metrics")...)
	b.strict()
	return b.spec
}
