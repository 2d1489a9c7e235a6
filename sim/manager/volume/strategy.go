package volume

import (
	"errors"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// claimStrategy is the API server's for claims
// (pkg/registry/core/persistentvolumeclaim/strategy.go).
type claimStrategy struct{ store *apiserver.Store }

// PrepareForCreate implements apiserver.Strategy.
func (claimStrategy) PrepareForCreate(o kinds.Object) {
	o.(*v1.PersistentVolumeClaim).Status = v1.PersistentVolumeClaimStatus{Phase: v1.ClaimPending}
}

// PrepareForUpdate implements apiserver.Strategy. Of the spec it takes what may be changed
// (ValidatePersistentVolumeClaimUpdate), and what claims may grow by (the admission plugin
// PersistentVolumeClaimResize). What kubectl sends without volume or class keeps them.
func (s claimStrategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*v1.PersistentVolumeClaim), next.(*v1.PersistentVolumeClaim)
	if to.Spec.VolumeName == "" {
		to.Spec.VolumeName = from.Spec.VolumeName
	}
	if to.Spec.StorageClassName == nil {
		to.Spec.StorageClassName = from.Spec.StorageClassName
	}
	to.Status, to.Generation = from.Status, from.Generation
	was, size, asked := *from.Spec.DeepCopy(), from.Spec.Resources.Requests[v1.ResourceStorage],
		to.Spec.Resources.Requests[v1.ResourceStorage]
	if was.VolumeName == "" {
		was.VolumeName = to.Spec.VolumeName
	}
	if was.StorageClassName == nil {
		was.StorageClassName = to.Spec.StorageClassName
	}
	if from.Status.Phase == v1.ClaimBound {
		was.Resources.Requests = to.Spec.Resources.Requests
		was.VolumeAttributesClassName = to.Spec.VolumeAttributesClassName
	}
	has := from.Status.Capacity[v1.ResourceStorage]
	switch {
	case !apiequality.Semantic.DeepEqual(was, to.Spec):
		return apiserver.Invalid(claimKind, to.Name, field.Forbidden(field.NewPath("spec"),
			"spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"))
	case asked.Cmp(size) < 0 && asked.Cmp(has) <= 0:
		return apiserver.Invalid(claimKind, to.Name, field.Forbidden(
			field.NewPath("spec", "resources", "requests", "storage"), "field can not be less than status.capacity"))
	case asked.Cmp(size) > 0 && !s.grows(from):
		return apierrors.NewForbidden(v1.Resource("persistentvolumeclaims"), to.Name, errors.New(
			"only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"))
	}
	return nil
}

func (s claimStrategy) grows(o *v1.PersistentVolumeClaim) bool {
	class, known := apiserver.Find[*storagev1.StorageClass](s.store, "", classOf(o))
	return known && class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion
}

// volumeStrategy is the API server's for volumes
// (pkg/registry/core/persistentvolume/strategy.go).
type volumeStrategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (volumeStrategy) PrepareForCreate(o kinds.Object) {
	o.(*v1.PersistentVolume).Status = v1.PersistentVolumeStatus{Phase: v1.VolumePending}
}

// PrepareForUpdate implements apiserver.Strategy. A volume stays what it is and where it is.
func (volumeStrategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*v1.PersistentVolume), next.(*v1.PersistentVolume)
	to.Status, to.Generation = from.Status, from.Generation
	switch {
	case !apiequality.Semantic.DeepEqual(from.Spec.PersistentVolumeSource, to.Spec.PersistentVolumeSource):
		return apiserver.Invalid(volumeKind, to.Name, field.Forbidden(field.NewPath("spec", "persistentvolumesource"),
			"spec.persistentvolumesource is immutable after creation"))
	case from.Spec.NodeAffinity != nil && !apiequality.Semantic.DeepEqual(from.Spec.NodeAffinity, to.Spec.NodeAffinity):
		return apiserver.Invalid(volumeKind, to.Name, field.Invalid(field.NewPath("nodeAffinity"), to.Spec.NodeAffinity,
			"field is immutable"))
	}
	return nil
}
