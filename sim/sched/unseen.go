package sched

import (
	"reflect"
	"slices"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

// Most writes of a pod that has a node are of its kubelet: it runs, it is ready.
// Upstream takes the pod out of the books of its node and in again for each, and asks
// who waits for such a change, with the outcome that all is as it was. Except with
// images: how many nodes have one is read anew whenever a node that has it is. And the pods
// of the node are in another order, which order keeps up with, as with their start times,
// which preemption alone reads.

// unread are the conditions of a pod with a node that nothing in the scheduler reads.
var unread = sets.New(v1.PodScheduled, v1.PodInitialized, v1.ContainersReady, v1.PodReady,
	v1.PodReadyToStartContainers)

// unseen reports whether the scheduler with its in-tree plugins does the same whether or
// not it is told of a change of a pod. Of an assigned pod's status these read what
// resources it has, its claims, whether it is a victim or resized, and when it started,
// which order tells them.
func unseen(old, p *v1.Pod) bool {
	if old.Spec.NodeName == "" {
		return false
	}
	a, b := old.ObjectMeta, p.ObjectMeta
	a.ResourceVersion, b.ResourceVersion = "", ""
	// A write of the status leaves what is in metadata and spec where it was, which
	// reflect.DeepEqual sees at once.
	return sameStatus(&old.Status, &p.Status) &&
		reflect.DeepEqual(&a, &b) && reflect.DeepEqual(&old.Spec, &p.Spec)
}

func sameTime(a, b *metav1.Time) bool { return a == b || a != nil && b != nil && a.Equal(b) }

func sameStatus(old, s *v1.PodStatus) bool {
	a, b := *old, *s
	for _, status := range []*v1.PodStatus{&a, &b} {
		status.Phase, status.Reason, status.Message, status.QOSClass, status.ObservedGeneration = "", "", "", "", 0
		status.HostIP, status.HostIPs, status.PodIP, status.PodIPs = "", nil, "", nil
		status.StartTime, status.Conditions = nil, nil
		status.ContainerStatuses, status.InitContainerStatuses, status.EphemeralContainerStatuses = nil, nil, nil
	}
	return reflect.DeepEqual(&a, &b) && sameConditions(old.Conditions, s.Conditions) &&
		sameResources(old.ContainerStatuses, s.ContainerStatuses) &&
		sameResources(old.InitContainerStatuses, s.InitContainerStatuses)
}

// sameConditions is whether those that are read are the same.
func sameConditions(old, list []v1.PodCondition) bool {
	i := 0
	for _, c := range list {
		if unread.Has(c.Type) {
			continue
		}
		for i < len(old) && unread.Has(old[i].Type) {
			i++
		}
		if i == len(old) || !apiequality.Semantic.DeepEqual(old[i], c) {
			return false
		}
		i++
	}
	return !slices.ContainsFunc(old[i:], func(c v1.PodCondition) bool { return !unread.Has(c.Type) })
}

// sameResources is whether each container has what it had; one without a status has what
// its spec asks for.
func sameResources(old, list []v1.ContainerStatus) bool {
	resources := func(list []v1.ContainerStatus, name string) (r v1.ContainerStatus) {
		for i := range list {
			if s := &list[i]; s.Name == name {
				r.Resources, r.AllocatedResources = s.Resources, s.AllocatedResources
			}
		}
		return r
	}
	for _, side := range [][]v1.ContainerStatus{old, list} {
		for i := range side {
			a, b := resources(old, side[i].Name), resources(list, side[i].Name)
			if (a.Resources != nil || b.Resources != nil || a.AllocatedResources != nil || b.AllocatedResources != nil) &&
				!apiequality.Semantic.DeepEqual(a, b) {
				return false
			}
		}
	}
	return true
}
