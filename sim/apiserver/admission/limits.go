package admission

import (
	"errors"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	upstream "k8s.io/apiserver/pkg/admission"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
)

// applyLimits gives containers the defaults of the namespace's LimitRanges
// (limitranger/admission.go, LimitRanger.Admit).
func applyLimits(pod *core.Pod, limits []*v1.LimitRange) error {
	for _, l := range limits {
		if err := limitranger.PodMutateLimitFunc(l, pod); err != nil {
			return err
		}
	}
	return nil
}

// checkLimits holds a pod to the namespace's LimitRanges
// (limitranger/admission.go, LimitRanger.Validate).
func checkLimits(pod *core.Pod, limits []*v1.LimitRange, attributes upstream.Attributes) error {
	for _, l := range limits {
		err := limitranger.PodValidateLimitFunc(l, pod)
		if err == nil {
			continue
		}
		return refusedByLimits(l, attributes, ordered(l, err, containersAlone(pod), limitranger.PodValidateLimitFunc, pod))
	}
	return nil
}

func checkClaimLimits(claim *core.PersistentVolumeClaim, limits []*v1.LimitRange,
	attributes upstream.Attributes) error {
	for _, l := range limits {
		if err := limitranger.PersistentVolumeClaimValidateLimitFunc(l, claim); err != nil {
			return refusedByLimits(l, attributes, ordered(l, err, nil, limitranger.PersistentVolumeClaimValidateLimitFunc,
				claim))
		}
	}
	return nil
}

func refusedByLimits(l *v1.LimitRange, attributes upstream.Attributes, err error) error {
	return &Refusal{Policy: "LimitRange " + l.Namespace + "/" + l.Name, err: upstream.NewForbidden(attributes, err)}
}

// containersAlone are copies of a pod with one container each, in the order in
// which upstream looks at them.
func containersAlone(pod *core.Pod) []*core.Pod {
	var list []*core.Pod
	for i := range pod.Spec.Containers {
		alone := &core.Pod{ObjectMeta: pod.ObjectMeta}
		alone.Spec.Containers = pod.Spec.Containers[i : i+1]
		list = append(list, alone)
	}
	for i := range pod.Spec.InitContainers {
		alone := &core.Pod{ObjectMeta: pod.ObjectMeta}
		alone.Spec.InitContainers = pod.Spec.InitContainers[i : i+1]
		list = append(list, alone)
	}
	return list
}

// ordered is the same error with its faults in an order that does not change
// from run to run: upstream walks over maps of resources. Every fault is found
// again by a LimitRange of one constraint, in upstream's order of limits and
// containers, with the resources by name.
func ordered[T any](l *v1.LimitRange, err error, containers []T, check func(*v1.LimitRange, T) error, whole T) error {
	var all utilerrors.Aggregate
	if !errors.As(err, &all) || len(all.Errors()) < 2 {
		return err
	}
	var faults []error
	for _, item := range l.Spec.Limits {
		subjects := []T{whole}
		if item.Type == v1.LimitTypeContainer {
			subjects = containers
		}
		for _, subject := range subjects {
			for _, one := range constraints(item) {
				var found utilerrors.Aggregate
				if errors.As(check(&v1.LimitRange{Spec: v1.LimitRangeSpec{Limits: []v1.LimitRangeItem{one}}}, subject), &found) {
					faults = append(faults, found.Errors()...)
				}
			}
		}
	}
	return utilerrors.NewAggregate(faults)
}

// constraints cuts a limit into those of one constraint each.
func constraints(item v1.LimitRangeItem) []v1.LimitRangeItem {
	var list []v1.LimitRangeItem
	for _, name := range slices.Sorted(maps.Keys(item.Min)) {
		list = append(list, v1.LimitRangeItem{Type: item.Type, Min: v1.ResourceList{name: item.Min[name]}})
	}
	for _, name := range slices.Sorted(maps.Keys(item.Max)) {
		list = append(list, v1.LimitRangeItem{Type: item.Type, Max: v1.ResourceList{name: item.Max[name]}})
	}
	for _, name := range slices.Sorted(maps.Keys(item.MaxLimitRequestRatio)) {
		list = append(list, v1.LimitRangeItem{Type: item.Type, MaxLimitRequestRatio: v1.ResourceList{
			name: item.MaxLimitRequestRatio[name]}})
	}
	return list
}
