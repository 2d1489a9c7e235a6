package build

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/exports"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Manifests makes the Spec of manifests as they are: what they do not say is
// assumed, and the assumptions stand in the Spec. The Spec counts only when there
// are no faults.
func Manifests(paths []string, changes []*manifest.Change, faults *wire.Faults, options Options) *cluster.Spec {
	b := newBuilder(faults, Source{Changes: changes}, options)
	b.manifests.Files, b.manifests.Chart = options.Given(), options.Chart
	b.flags()
	spec := b.buildManifests(paths)
	b.unused(changes)
	return spec
}

// podsMissing reports whether the input has pods of kinds that nobody simulates.
func (b *builder) podsMissing() bool {
	return slices.ContainsFunc(b.spec.Ignored, func(i record.Ignored) bool { return i.Unsimulated && i.Field == "" })
}

// found names the kinds of the input that are left out.
func (b *builder) found() string {
	var kinds []string
	for _, i := range b.spec.Ignored {
		kind, _, _ := strings.Cut(i.Object, " ")
		if text := kind + " (" + i.Source + ")"; i.Field == "" && !slices.Contains(kinds, text) {
			kinds = append(kinds, text)
		}
	}
	const few = 5
	switch more := len(kinds) - few; {
	case len(kinds) == 0:
		return ""
	case more > 0:
		return ", found " + strings.Join(kinds[:few], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return ", found " + strings.Join(kinds, ", ")
}

// buildManifests makes a Spec without a scenario.
func (b *builder) buildManifests(paths []string) *cluster.Spec {
	b.spec = b.newSpec()
	b.objects = objects.New(b.spec.Kinds())
	b.spec.Name = strings.Join(paths, ", ")
	if b.options.Replications > 0 {
		b.spec.Replications = b.options.Replications
	}
	if b.options.Duration > 0 {
		b.spec.Duration = b.options.Duration
	}
	set, err := manifest.Read(paths, b.manifests)
	if err != nil {
		b.AddError(err)
		return nil
	}
	b.take(set, "")
	b.exported(exports.Autoscalers(&b.objects, b.valued))
	b.exported(exports.Triggers(&b.objects, b.valued))
	b.leaveOutScaledObjects()
	if len(b.options.Nodes) > 0 {
		b.flagNodes()
	}
	b.uniqueNodes()
	switch {
	case len(b.spec.Nodes) > 0 || len(b.List) > 0:
	case len(b.options.Nodes) > 0:
		b.Add(0, "--nodes", "must be at least one machine, got 0, to which no timeline can add any")
	default:
		b.Add(0, "--nodes",
			"must say what the machines are, e.g. --nodes 3xaws/m7i.large, since there is no Node among the manifests")
	}
	if len(b.objects.Templates()) == 0 && len(b.List) == 0 && !b.podsMissing() {
		b.Add(0, "", "must hold at least one %s to simulate%s", b.objects.Kinds.Alternatives((*kinds.Kind).HasPods),
			b.found())
	}
	b.silences(nil)
	b.assumeTraffic()
	b.assume()
	b.loadAfter()
	b.strict()
	return b.spec
}
