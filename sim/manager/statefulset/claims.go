package statefulset

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
)

// claims are those that there are of the claims that pods of the StatefulSet have, in
// the order of the ordinals: of the pods that are to be, and of those that are.
func (ss *state) claims() (list []*v1.PersistentVolumeClaim) {
	if len(ss.api.Spec.VolumeClaimTemplates) == 0 {
		return nil
	}
	var ordinals []int
	for i := range int(*ss.api.Spec.Replicas) {
		ordinals = append(ordinals, ss.firstOrdinal()+i)
	}
	for _, o := range ss.c.PodObjectsOf(ss.api.UID) {
		if n := ordinalOf(o); n >= 0 {
			ordinals = append(ordinals, n)
		}
	}
	slices.Sort(ordinals)
	for _, n := range slices.Compact(ordinals) {
		list = append(list, ss.claimsOf(n)...)
	}
	return list
}

// claimsOf are those that there are of a pod of an ordinal (stateful_set_utils.go,
// getPersistentVolumeClaimName).
func (ss *state) claimsOf(ordinal int) (list []*v1.PersistentVolumeClaim) {
	for i := range ss.api.Spec.VolumeClaimTemplates {
		name := fmt.Sprintf("%s-%s-%d", ss.api.Spec.VolumeClaimTemplates[i].Name, ss.api.Name, ordinal)
		if o, known := apiserver.Find[*v1.PersistentVolumeClaim](ss.c.Store, ss.api.Namespace, name); known &&
			o.DeletionTimestamp == nil {
			list = append(list, o)
		}
	}
	return list
}

func (ss *state) createClaim(claim *v1.PersistentVolumeClaim) {
	if ss.c.Create(claim, apiserver.Request{Workload: ss.key}) != nil {
		ss.refused = true
	}
}

// updateClaim writes the owner of a claim, with which it goes: the garbage collector
// deletes it.
func (ss *state) updateClaim(claim *v1.PersistentVolumeClaim) {
	old, known := apiserver.Find[*v1.PersistentVolumeClaim](ss.c.Store, claim.Namespace, claim.Name)
	if !known {
		return
	}
	next := old.DeepCopy()
	next.OwnerReferences = claim.OwnerReferences
	if ss.c.Update(old, next) != nil {
		ss.refused = true
	}
}
