package build

import (
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// Manifests makes the Spec of manifests as they are: what they do not say is
// assumed, and the assumptions stand in the Spec. The Spec counts only when there
// are no faults.
func Manifests(paths []string, changes []*manifest.Change, faults *wire.Faults, options Options) *cluster.Spec {
	b := newBuilder(faults, Source{Changes: changes}, options)
	b.manifests.Files = options.Given()
	b.flags()
	spec := b.buildManifests(paths)
	b.unused(changes)
	return spec
}

// buildManifests makes a Spec without a scenario.
func (b *builder) buildManifests(paths []string) *cluster.Spec {
	b.spec = b.newSpec()
	b.objects = newIndex(b.spec.Kinds())
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
	if len(b.objects.templates()) == 0 && len(b.List) == 0 {
		b.Add(0, "", "must hold at least one Deployment, StatefulSet, Job, CronJob, ReplicaSet or Pod to simulate")
	}
	b.assumeTraffic()
	b.assume()
	return b.spec
}

// assumeTraffic sends --rps to every Service that selects pods.
func (b *builder) assumeTraffic() {
	rate := b.options.RPS
	if rate == 0 {
		b.assumption("no load was given (--rps), so no requests are sent")
		return
	}
	for _, s := range b.objects.services() {
		if len(b.objects.selected(s)) == 0 || len(s.Spec.Ports) == 0 {
			continue
		}
		name := s.Namespace + "/" + s.Name
		b.spec.Traffic = append(b.spec.Traffic, load.Traffic{
			Name: name, Namespace: s.Namespace, Service: s.Name, Rate: load.Constant{PerSecond: rate},
			Start: sim.Time(assumedWarmUp), Timeout: assumedTimeout,
		})
		b.assumption("Service %s: %v requests/s from %s on, Poisson, clients wait %s", name, rate, assumedWarmUp,
			assumedTimeout)
	}
	if len(b.spec.Traffic) == 0 {
		b.Add(0, "--rps", "must have a Service that selects pods to send requests to")
	}
}
