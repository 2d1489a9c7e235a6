package apiserver

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// bindCompleted marks a claim as bound
// (component-helpers/storage/volume/pv_helpers.go, AnnBindCompleted).
const bindCompleted = "pv.kubernetes.io/bind-completed"

// claims are the claims of pods by namespace and name. Each is bound to a volume that
// every node reaches: storage is not simulated, and without a bound claim the
// scheduler's VolumeBinding would never place the pod.
//
// A claim that a pod names and nobody made is taken to exist. It is not in the
// store, since its size is unknown, and quotas don't count it.
type claims map[string]*v1.PersistentVolumeClaim

// provideVolumes makes the claims of a pod exist.
func (s *Store) provideVolumes(o *v1.Pod) {
	for i := range o.Spec.Volumes {
		volume := &o.Spec.Volumes[i]
		switch {
		case volume.PersistentVolumeClaim != nil:
			s.provideClaim(&v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
				Namespace: o.Namespace, Name: volume.PersistentVolumeClaim.ClaimName,
			}})
		case volume.Ephemeral != nil: // owned by the pod (component-helpers/storage/ephemeral)
			claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
				Namespace: o.Namespace, Name: o.Name + "-" + volume.Name,
				OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(o, v1.SchemeGroupVersion.WithKind(kinds.Pod))},
			}}
			delete(s.claims, kinds.KeyOf(claim)) // of an earlier pod of this name
			s.provideClaim(claim)
		}
	}
}

// provideClaim binds a claim to a volume of its own, unless there is one of this
// name.
func (s *Store) provideClaim(claim *v1.PersistentVolumeClaim) {
	k := kinds.KeyOf(claim)
	if s.claims[k] != nil {
		return
	}
	claim = claim.DeepCopy()
	claim.UID = s.UID()
	claim.Spec.VolumeName = "pvc-" + string(claim.UID)
	claim.Status.Phase = v1.ClaimBound
	metav1.SetMetaDataAnnotation(&claim.ObjectMeta, bindCompleted, "yes")
	if s.claims == nil {
		s.claims = claims{}
	}
	s.claims[k] = claim
	s.tell(Change{New: &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: claim.Spec.VolumeName, UID: types.UID(claim.Spec.VolumeName)},
		Spec: v1.PersistentVolumeSpec{AccessModes: claim.Spec.AccessModes, ClaimRef: &v1.ObjectReference{
			Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
		}},
		Status: v1.PersistentVolumeStatus{Phase: v1.VolumeBound},
	}})
	s.tell(Change{New: claim})
}

// CreateClaim is a claim that a controller sends for a workload.
func (s *Store) CreateClaim(claim *v1.PersistentVolumeClaim, workload string) error {
	if err := s.Admission.AdmitObject(claim); err != nil {
		s.refused(workload, claim, err)
		return err
	}
	s.taken(workload, s.Kinds.NameOf(claim))
	claim.UID = s.UID()
	s.put(claim)
	s.provideClaim(claim)
	return nil
}

// DeleteClaim deletes a claim and its volume.
func (s *Store) DeleteClaim(namespace, name string) {
	k := kinds.Key(namespace, name)
	claim := s.claims[k]
	if claim == nil {
		return
	}
	delete(s.claims, k)
	volume := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: claim.Spec.VolumeName}}
	if made, known := Find[*v1.PersistentVolumeClaim](s, namespace, name); known {
		s.drop(made)
	}
	s.tell(Change{Old: claim})
	s.tell(Change{Old: volume})
}
