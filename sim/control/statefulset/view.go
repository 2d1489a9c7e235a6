package statefulset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// View is what the controller sees of one StatefulSet. It is read-only.
type View struct {
	// StatefulSet has gone through the API server's defaulting.
	StatefulSet *apps.StatefulSet
	// Revisions are the ControllerRevisions that it owns, in any order.
	Revisions []*apps.ControllerRevision
	// Pods are those that it owns, terminating ones included, in any order.
	Pods []*v1.Pod
	// Claims are the PersistentVolumeClaims of its pods, past and present, in
	// any order. One that isn't here is created.
	Claims []*v1.PersistentVolumeClaim
}

func (v *View) validate() error {
	set := v.StatefulSet
	if set == nil {
		return errors.New("statefulset: must be set, got nil")
	}
	path := "statefulset " + set.Namespace + "/" + set.Name
	return errors.Join(validSpec(path, set), v.validRevisions(path), v.validPods(path), v.validClaims(path))
}

func validSpec(path string, set *apps.StatefulSet) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(path+": spec."+format, args...))
	}
	spec := &set.Spec
	switch {
	case spec.Replicas == nil:
		fault("replicas: must be set, got nil")
	case *spec.Replicas < 0:
		fault("replicas: must be at least 0, got %d", *spec.Replicas)
	}
	if _, err := metav1.LabelSelectorAsSelector(spec.Selector); err != nil {
		fault("selector: must be a label selector, got %w", err)
	}
	if spec.RevisionHistoryLimit == nil {
		fault("revisionHistoryLimit: must be set, got nil")
	}
	if spec.MinReadySeconds < 0 {
		fault("minReadySeconds: must be at least 0, got %d", spec.MinReadySeconds)
	}
	if spec.Ordinals != nil && spec.Ordinals.Start < 0 {
		fault("ordinals.start: must be at least 0, got %d", spec.Ordinals.Start)
	}
	switch spec.PodManagementPolicy {
	case apps.OrderedReadyPodManagement, apps.ParallelPodManagement:
	default:
		fault("podManagementPolicy: must be OrderedReady or Parallel, got %q", spec.PodManagementPolicy)
	}
	switch spec.UpdateStrategy.Type {
	case apps.OnDeleteStatefulSetStrategyType, apps.RollingUpdateStatefulSetStrategyType:
	default:
		fault("updateStrategy.type: must be OnDelete or RollingUpdate, got %q", spec.UpdateStrategy.Type)
	}
	if r := spec.UpdateStrategy.RollingUpdate; r != nil {
		if r.Partition == nil || *r.Partition < 0 {
			fault("updateStrategy.rollingUpdate.partition: must be at least 0, got %s", number(r.Partition))
		}
		if n, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(r.MaxUnavailable, intstr.FromInt32(1)), 100, false); err != nil || n < 0 {
			fault("updateStrategy.rollingUpdate.maxUnavailable: must be a count or a percentage of at least 0, got %v", r.MaxUnavailable)
		}
	}
	return errors.Join(faults...)
}

func number(n *int32) string {
	if n == nil {
		return "nil"
	}
	return strconv.Itoa(int(*n))
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
	}
	return errors.Join(faults...)
}

func (v *View) validPods(path string) error {
	var faults []error
	names := map[string]bool{}
	for i, pod := range v.Pods {
		path := fmt.Sprintf("%s: pods[%d]", path, i)
		if pod == nil {
			faults = append(faults, fmt.Errorf("%s: must be set, got nil", path))
			continue
		}
		if ordinalOf(v.StatefulSet, pod) < 0 || names[pod.Name] {
			faults = append(faults, fmt.Errorf("%s.metadata.name: must be %s-<ordinal> and unique, got %q", path, v.StatefulSet.Name, pod.Name))
		}
		names[pod.Name] = true
		if pod.Status.Phase == "" {
			// To upstream it would be a pod that it has yet to create.
			faults = append(faults, fmt.Errorf(`%s.status.phase: must be set, got ""`, path))
		}
	}
	return errors.Join(faults...)
}

func (v *View) validClaims(path string) error {
	var faults []error
	for i, claim := range v.Claims {
		path := fmt.Sprintf("%s: claims[%d]", path, i)
		switch {
		case claim == nil:
			faults = append(faults, fmt.Errorf("%s: must be set, got nil", path))
		case claim.DeletionTimestamp != nil:
			faults = append(faults, fmt.Errorf("%s.metadata.deletionTimestamp: must be nil, got %s", path, claim.DeletionTimestamp))
		}
	}
	return errors.Join(faults...)
}

// ordinalOf is the number at the end of a pod's name, -1 when it isn't the
// name of a pod of this StatefulSet (stateful_set_utils.go, getOrdinal and
// isMemberOf).
func ordinalOf(set *apps.StatefulSet, pod *v1.Pod) int {
	digits, ok := strings.CutPrefix(pod.Name, set.Name+"-")
	if !ok || strings.Trim(digits, "0123456789") != "" {
		return -1
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}
