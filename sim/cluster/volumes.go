package cluster

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// bindCompleted marks a claim as bound
// (component-helpers/storage/volume/pv_helpers.go, AnnBindCompleted).
const bindCompleted = "pv.kubernetes.io/bind-completed"

// provideVolumes makes the claims of a pod exist, each bound to a volume that
// every node reaches: storage is not simulated, and without a bound claim the
// scheduler's VolumeBinding would never place the pod.
func (w *World) provideVolumes(o *v1.Pod) {
	for i := range o.Spec.Volumes {
		volume := &o.Spec.Volumes[i]
		switch {
		case volume.PersistentVolumeClaim != nil:
			w.provideClaim(&v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
				Namespace: o.Namespace, Name: volume.PersistentVolumeClaim.ClaimName,
			}})
		case volume.Ephemeral != nil: // owned by the pod (component-helpers/storage/ephemeral)
			claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
				Namespace: o.Namespace, Name: o.Name + "-" + volume.Name,
				OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(o, v1.SchemeGroupVersion.WithKind("Pod"))},
			}}
			delete(w.claims, key(claim.Namespace, claim.Name)) // of an earlier pod of this name
			w.provideClaim(claim)
		}
	}
}

// provideClaim tells the scheduler of a claim and its volume, unless it knows
// one of this name.
func (w *World) provideClaim(claim *v1.PersistentVolumeClaim) {
	k := key(claim.Namespace, claim.Name)
	if w.claims[k] != nil {
		return
	}
	claim = claim.DeepCopy()
	claim.UID = w.uid()
	claim.Spec.VolumeName = "pvc-" + string(claim.UID)
	claim.Status.Phase = v1.ClaimBound
	metav1.SetMetaDataAnnotation(&claim.ObjectMeta, bindCompleted, "yes")
	if w.claims == nil {
		w.claims = map[string]*v1.PersistentVolumeClaim{}
	}
	w.claims[k] = claim
	w.scheduler.upstream.Set(&v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: claim.Spec.VolumeName, UID: types.UID(claim.Spec.VolumeName)},
		Spec: v1.PersistentVolumeSpec{AccessModes: claim.Spec.AccessModes, ClaimRef: &v1.ObjectReference{
			Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
		}},
		Status: v1.PersistentVolumeStatus{Phase: v1.VolumeBound},
	})
	w.scheduler.upstream.Set(claim)
}

// dropClaim deletes a claim and its volume.
func (w *World) dropClaim(namespace, name string) {
	k := key(namespace, name)
	claim := w.claims[k]
	if claim == nil {
		return
	}
	delete(w.claims, k)
	if made, known := w.madeClaims.get(k); known {
		w.madeClaims.remove(k)
		w.replenish(made, nil)
	}
	w.scheduler.upstream.Unset(claim)
	w.scheduler.upstream.Unset(&v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: claim.Spec.VolumeName}})
}
