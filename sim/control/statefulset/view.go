package statefulset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
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
	// Refused is the API server's answer when it does not take the revision that this
	// sync creates: then Sync says what follows. It is nil as long as the answer is not
	// known.
	Refused error
}

func (v *View) validate() error {
	set := v.StatefulSet
	if set == nil {
		return errors.New("statefulset: must be set, got nil")
	}
	f := control.FaultsOf("statefulset", set)
	checkSpec(f, &set.Spec)
	f.Revisions(v.Revisions)
	v.checkPods(f)
	for i, claim := range v.Claims {
		switch {
		case claim == nil:
			f.Add("claims[%d]: must be set, got nil", i)
		case claim.DeletionTimestamp != nil:
			f.Add("claims[%d].metadata.deletionTimestamp: must be nil, got %s", i, claim.DeletionTimestamp)
		}
	}
	return f.Err()
}

func checkSpec(f *control.Faults, spec *apps.StatefulSetSpec) {
	f.Replicas("", spec.Replicas)
	f.Selector(spec.Selector)
	f.HistoryLimit(spec.RevisionHistoryLimit)
	f.MinReadySeconds(spec.MinReadySeconds)
	if spec.Ordinals != nil && spec.Ordinals.Start < 0 {
		f.Add("spec.ordinals.start: must be at least 0, got %d", spec.Ordinals.Start)
	}
	switch spec.PodManagementPolicy {
	case apps.OrderedReadyPodManagement, apps.ParallelPodManagement:
	default:
		f.Add("spec.podManagementPolicy: must be OrderedReady or Parallel, got %q", spec.PodManagementPolicy)
	}
	switch spec.UpdateStrategy.Type {
	case apps.OnDeleteStatefulSetStrategyType, apps.RollingUpdateStatefulSetStrategyType:
	default:
		f.Add("spec.updateStrategy.type: must be OnDelete or RollingUpdate, got %q", spec.UpdateStrategy.Type)
	}
	if r := spec.UpdateStrategy.RollingUpdate; r != nil {
		if r.Partition == nil || *r.Partition < 0 {
			f.Add("spec.updateStrategy.rollingUpdate.partition: must be at least 0, got %s", number(r.Partition))
		}
		if r.MaxUnavailable != nil {
			f.Fencepost("spec.updateStrategy.rollingUpdate.maxUnavailable", r.MaxUnavailable)
		}
	}
}

func number(n *int32) string {
	if n == nil {
		return "nil"
	}
	return strconv.Itoa(int(*n))
}

func (v *View) checkPods(f *control.Faults) {
	names := map[string]bool{}
	for i, pod := range v.Pods {
		path := fmt.Sprintf("pods[%d]", i)
		if pod == nil {
			f.Add("%s: must be set, got nil", path)
			continue
		}
		if ordinalOf(v.StatefulSet, pod) < 0 || names[pod.Name] {
			f.Add("%s.metadata.name: must be %s-<ordinal> and unique, got %q", path, v.StatefulSet.Name, pod.Name)
		}
		names[pod.Name] = true
		if pod.Status.Phase == "" {
			// To upstream it would be a pod that it has yet to create.
			f.Add(`%s.status.phase: must be set, got ""`, path)
		}
	}
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
