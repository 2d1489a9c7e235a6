package resourceclaim

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// SyncClaim takes pods that are over out of the reservations of a claim, releases its
// devices with the last one, and deletes it when its pod is over (syncClaim).
func SyncClaim(v *View, claim *resourcev1.ResourceClaim) (actions []Action) {
	var remaining []resourcev1.ResourceClaimConsumerReference
	for _, r := range claim.Status.ReservedFor {
		if r.APIGroup != "" || r.Resource != "pods" || stays(v, claim, r) {
			remaining = append(remaining, r)
		}
	}
	held := slices.Contains(claim.Finalizers, resourcev1.Finalizer)
	switch {
	case len(remaining) < len(claim.Status.ReservedFor):
		next := claim.DeepCopy()
		next.Status.ReservedFor = remaining
		if len(remaining) == 0 && held {
			next.Status.Allocation = nil
		}
		actions = append(actions, UpdateStatus{next})
		if held && next.Status.Allocation == nil {
			actions = append(actions, Update{released(next)})
		}
	case held && claim.DeletionTimestamp != nil && len(remaining) == 0:
		next := claim.DeepCopy()
		if next.Status.Allocation != nil {
			next.Status.Allocation = nil
			actions = append(actions, UpdateStatus{next})
		}
		actions = append(actions, Update{released(next)})
	}
	if len(remaining) == 0 && ownerOver(v, claim) {
		actions = append(actions, DeleteClaim{claim})
	}
	return actions
}

// stays reports whether a reservation is for a pod that may still run.
func stays(v *View, claim *resourcev1.ResourceClaim, r resourcev1.ResourceClaimConsumerReference) bool {
	pod := v.Pod(claim.Namespace, r.Name)
	return pod != nil && pod.UID == r.UID && !over(pod)
}

// over reports whether no container of a pod runs, nor ever will (isPodDone).
func over(pod *v1.Pod) bool {
	return podutil.IsPodPhaseTerminal(pod.Status.Phase) || pod.DeletionTimestamp != nil && pod.Spec.NodeName == ""
}

// released is a claim without the finalizer that holds it while it has devices.
func released(claim *resourcev1.ResourceClaim) *resourcev1.ResourceClaim {
	next := claim.DeepCopy()
	next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == resourcev1.Finalizer })
	return next
}

// ownerOver reports whether the pod that a claim was made for is over. One that is gone
// is the garbage collector's.
func ownerOver(v *View, claim *resourcev1.ResourceClaim) bool {
	owner := metav1.GetControllerOfNoCopy(claim)
	if owner == nil || owner.APIVersion != "v1" || owner.Kind != "Pod" {
		return false
	}
	pod := v.Pod(claim.Namespace, owner.Name)
	return pod != nil && (pod.UID != owner.UID || over(pod))
}
