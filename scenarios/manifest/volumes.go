package manifest

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"
)

// The kinds of volumes, what provides them and who claims them.
var (
	claims = kind{version: schema.GroupVersion{Version: "v1"}, validate: func(o runtime.Object) field.ErrorList {
		claim := o.(*core.PersistentVolumeClaim)
		return corevalidation.ValidatePersistentVolumeClaim(claim,
			corevalidation.ValidationOptionsForPersistentVolumeClaim(claim, nil))
	}}
	volumes = kind{version: schema.GroupVersion{Version: "v1"}, clusterScoped: true,
		validate: func(o runtime.Object) field.ErrorList {
			volume := o.(*core.PersistentVolume)
			return corevalidation.ValidatePersistentVolume(volume,
				corevalidation.ValidationOptionsForPersistentVolume(volume, nil))
		}}
	storageClasses = kind{version: storageVersion, clusterScoped: true, validate: func(o runtime.Object) field.ErrorList {
		return storagevalidation.ValidateStorageClass(o.(*storage.StorageClass))
	}}
	csiDrivers = kind{version: storageVersion, clusterScoped: true, validate: func(o runtime.Object) field.ErrorList {
		return storagevalidation.ValidateCSIDriver(o.(*storage.CSIDriver))
	}}
	csiNodes = kind{version: storageVersion, clusterScoped: true, validate: func(o runtime.Object) field.ErrorList {
		return storagevalidation.ValidateCSINode(o.(*storage.CSINode))
	}}
)

var storageVersion = schema.GroupVersion{Group: "storage.k8s.io", Version: "v1"}

// rebind lets volumes that were read from a cluster together with their claims belong to
// these: the simulated claims have UIDs of their own. A volume whose claim is not there
// keeps the UID, by which it is one that was released.
func (r *reader) rebind() {
	claimed := map[string]bool{}
	for _, o := range r.set.Objects {
		if c, is := o.Object.(*v1.PersistentVolumeClaim); is {
			claimed[c.Namespace+"/"+c.Name] = true
		}
	}
	for _, o := range r.set.Objects {
		if v, is := o.Object.(*v1.PersistentVolume); is && v.Spec.ClaimRef != nil {
			ref := v.Spec.ClaimRef
			ref.ResourceVersion = ""
			if claimed[ref.Namespace+"/"+ref.Name] {
				ref.UID = ""
			}
		}
	}
}
