package daemonset

import (
	"errors"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

var kind = apps.SchemeGroupVersion.WithKind("DaemonSet")

// View is what the controller sees of one DaemonSet. It is read-only.
type View struct {
	// DaemonSet has gone through the API server's defaulting.
	DaemonSet *apps.DaemonSet
	// Revisions are the ControllerRevisions that it owns, in any order.
	Revisions []*apps.ControllerRevision
	// Pods are those that it owns, terminating ones included, in any order.
	Pods []*v1.Pod
	// Nodes are those of the cluster, in the order in which the sync walks over
	// them.
	Nodes []*v1.Node
	// Failures are what earlier syncs asked to remember, by key.
	Failures map[string]Failure
}

func (v *View) validate() error {
	ds := v.DaemonSet
	if ds == nil {
		return errors.New("daemonset: must be set, got nil")
	}
	f := control.FaultsOf("daemonset", ds)
	checkSpec(f, &ds.Spec)
	f.Revisions(v.Revisions)
	for i, r := range v.Revisions {
		if r != nil && r.Labels[apps.DefaultDaemonSetUniqueLabelKey] == "" {
			f.Add("revisions[%d].metadata.labels[%s]: must be set, got \"\"", i, apps.DefaultDaemonSetUniqueLabelKey)
		}
	}
	f.Pods("pods", v.Pods)
	names := make(map[string]bool, len(v.Nodes))
	for i, node := range v.Nodes {
		if node == nil {
			f.Add("nodes[%d]: must be set, got nil", i)
			continue
		}
		if names[node.Name] {
			f.Add("nodes[%d].metadata.name: must be unique, got %q", i, node.Name)
		}
		names[node.Name] = true
	}
	return f.Err()
}

func checkSpec(f *control.Faults, spec *apps.DaemonSetSpec) {
	if spec.Selector == nil {
		f.Add("spec.selector: must be a label selector, got nil")
	}
	f.Selector(spec.Selector)
	f.HistoryLimit(spec.RevisionHistoryLimit)
	f.MinReadySeconds(spec.MinReadySeconds)
	switch spec.UpdateStrategy.Type {
	case apps.OnDeleteDaemonSetStrategyType, apps.RollingUpdateDaemonSetStrategyType:
	default:
		f.Add("spec.updateStrategy.type: must be OnDelete or RollingUpdate, got %q", spec.UpdateStrategy.Type)
	}
	if r := spec.UpdateStrategy.RollingUpdate; r != nil {
		f.Fencepost("spec.updateStrategy.rollingUpdate.maxUnavailable", r.MaxUnavailable)
		f.Fencepost("spec.updateStrategy.rollingUpdate.maxSurge", r.MaxSurge)
	}
}
