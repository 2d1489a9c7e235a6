package daemonset

import (
	"errors"
	"fmt"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
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
	path := "daemonset " + ds.Namespace + "/" + ds.Name
	return errors.Join(validSpec(path, ds), v.validRevisions(path), v.validPods(path), v.validNodes(path))
}

func validSpec(path string, ds *apps.DaemonSet) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(path+": spec."+format, args...))
	}
	spec := &ds.Spec
	if _, err := metav1.LabelSelectorAsSelector(spec.Selector); err != nil || spec.Selector == nil {
		fault("selector: must be a label selector, got %v", spec.Selector)
	}
	if spec.RevisionHistoryLimit == nil {
		fault("revisionHistoryLimit: must be set, got nil")
	}
	if spec.MinReadySeconds < 0 {
		fault("minReadySeconds: must be at least 0, got %d", spec.MinReadySeconds)
	}
	switch spec.UpdateStrategy.Type {
	case apps.OnDeleteDaemonSetStrategyType, apps.RollingUpdateDaemonSetStrategyType:
	default:
		fault("updateStrategy.type: must be OnDelete or RollingUpdate, got %q", spec.UpdateStrategy.Type)
	}
	if r := spec.UpdateStrategy.RollingUpdate; r != nil {
		for _, f := range []struct {
			name  string
			value *intstr.IntOrString
		}{{"maxUnavailable", r.MaxUnavailable}, {"maxSurge", r.MaxSurge}} {
			if n, err := intstr.GetScaledValueFromIntOrPercent(f.value, 100, true); f.value == nil || err != nil || n < 0 {
				fault("updateStrategy.rollingUpdate.%s: must be a count or a percentage of at least 0, got %v", f.name, f.value)
			}
		}
	}
	return errors.Join(faults...)
}

func (v *View) validRevisions(path string) error {
	var faults []error
	names := map[string]bool{}
	for i, r := range v.Revisions {
		if r == nil {
			faults = append(faults, fmt.Errorf("%s: revisions[%d]: must be set, got nil", path, i))
			continue
		}
		if names[r.Name] {
			faults = append(faults, fmt.Errorf("%s: revisions[%d].metadata.name: must be unique, got %q", path, i, r.Name))
		}
		names[r.Name] = true
		if r.Labels[apps.DefaultDaemonSetUniqueLabelKey] == "" {
			faults = append(faults, fmt.Errorf("%s: revisions[%d].metadata.labels[%s]: must be set, got \"\"", path, i, apps.DefaultDaemonSetUniqueLabelKey))
		}
	}
	return errors.Join(faults...)
}

func (v *View) validPods(path string) error {
	for i, pod := range v.Pods {
		if pod == nil {
			return fmt.Errorf("%s: pods[%d]: must be set, got nil", path, i)
		}
	}
	return nil
}

func (v *View) validNodes(path string) error {
	names := make(map[string]bool, len(v.Nodes))
	for i, node := range v.Nodes {
		if node == nil {
			return fmt.Errorf("%s: nodes[%d]: must be set, got nil", path, i)
		}
		if names[node.Name] {
			return fmt.Errorf("%s: nodes[%d].metadata.name: must be unique, got %q", path, i, node.Name)
		}
		names[node.Name] = true
	}
	return nil
}
