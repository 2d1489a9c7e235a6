package volume

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	storagehelpers "k8s.io/component-helpers/storage/volume"
)

// Class is a StorageClass.
type Class = storagev1.StorageClass

// SyncVolume is what the controller does about a volume (pv_controller.go, syncVolume).
// What is to be deleted is left to the driver: see Deletes.
func SyncVolume(v *View, volume *v1.PersistentVolume) []Action {
	s := &sync{View: v}
	ref := volume.Spec.ClaimRef
	if ref == nil || ref.UID == "" {
		s.setVolumePhase(volume, v1.VolumeAvailable)
		return s.actions
	}
	claim := v.Claim(ref.Namespace, ref.Name)
	switch {
	case claim == nil || claim.UID != ref.UID:
		s.release(volume)
	case claim.Spec.VolumeName == "" && storagehelpers.CheckVolumeModeMismatches(&claim.Spec, &volume.Spec):
		s.event(v1.EventTypeWarning, "VolumeMismatch", "Cannot bind PersistentVolume to requested PersistentVolumeClaim \""+
			claim.Name+"\" due to incompatible volumeMode.")
	case claim.Spec.VolumeName == "":
		s.do(SyncClaimOf{volume})
	case claim.Spec.VolumeName == volume.Name:
		s.setVolumePhase(volume, v1.VolumeBound)
	case provisioned(volume) && volume.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete:
		s.release(volume)
	default:
		s.unbind(volume)
	}
	return s.actions
}

// release marks a volume as one that nobody claims any more. A failure stays to be seen.
func (s *sync) release(volume *v1.PersistentVolume) {
	if volume.Status.Phase != v1.VolumeFailed {
		s.setVolumePhase(volume, v1.VolumeReleased)
	}
}

// unbind is unbindVolume.
func (s *sync) unbind(volume *v1.PersistentVolume) {
	next := volume.DeepCopy()
	if metav1.HasAnnotation(volume.ObjectMeta, storagehelpers.AnnBoundByController) {
		next.Spec.ClaimRef = nil
		delete(next.Annotations, storagehelpers.AnnBoundByController)
		if len(next.Annotations) == 0 {
			next.Annotations = nil
		}
	} else {
		next.Spec.ClaimRef.UID = ""
	}
	s.do(UpdateVolume{next})
	s.setVolumePhase(next, v1.VolumeAvailable)
}

// setVolumePhase is updateVolumePhase. It returns the volume as it then is.
func (s *sync) setVolumePhase(volume *v1.PersistentVolume, phase v1.PersistentVolumePhase) *v1.PersistentVolume {
	if volume.Status.Phase == phase {
		return volume
	}
	next := volume.DeepCopy()
	next.Status.Phase, next.Status.Message = phase, ""
	s.do(UpdateVolumeStatus{next})
	return next
}

func provisioned(volume *v1.PersistentVolume) bool {
	return metav1.HasAnnotation(volume.ObjectMeta, storagehelpers.AnnDynamicallyProvisioned)
}
