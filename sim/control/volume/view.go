package volume

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// View is what the controller of PersistentVolumes sees of the cluster.
type View struct {
	// Volumes are all PersistentVolumes, in the order of their names.
	Volumes []*v1.PersistentVolume
	// Classes are all StorageClasses, in any order.
	Classes []*storagev1.StorageClass
	// Claim is the claim of a name, nil when there is none.
	Claim func(namespace, name string) *v1.PersistentVolumeClaim
	// Waiting names the pods that use a claim and have no node yet, in their order.
	Waiting func(claim *v1.PersistentVolumeClaim) []string
}

// Action is one thing that the controller does. Objects in actions are new ones: the
// caller may keep them.
type Action = control.Action

// Event is what the controller tells users about the object that it syncs.
type Event = control.Event

// The actions of a sync. Each object is the one of the action before, changed.
type (
	// UpdateVolume and UpdateClaim write spec and metadata.
	UpdateVolume struct{ Volume *v1.PersistentVolume }
	UpdateClaim  struct{ Claim *v1.PersistentVolumeClaim }
	// UpdateVolumeStatus and UpdateClaimStatus write the status.
	UpdateVolumeStatus struct{ Volume *v1.PersistentVolume }
	UpdateClaimStatus  struct{ Claim *v1.PersistentVolumeClaim }
	// SyncClaimOf puts the claim of a volume into the queue of claims.
	SyncClaimOf struct{ Volume *v1.PersistentVolume }
)

// IsAction implements control.Action.
func (UpdateVolume) IsAction() {}

// IsAction implements control.Action.
func (UpdateClaim) IsAction() {}

// IsAction implements control.Action.
func (UpdateVolumeStatus) IsAction() {}

// IsAction implements control.Action.
func (UpdateClaimStatus) IsAction() {}

// IsAction implements control.Action.
func (SyncClaimOf) IsAction() {}

// volume is that of a name, nil when there is none.
func (v *View) volume(name string) *v1.PersistentVolume {
	for _, o := range v.Volumes {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// classes is a list of StorageClasses as upstream's helpers ask for them.
type classes []*storagev1.StorageClass

// List implements storagelisters.StorageClassLister.
func (c classes) List(labels.Selector) ([]*storagev1.StorageClass, error) { return c, nil }

// Get implements storagelisters.StorageClassLister. The error is the API server's words.
func (c classes) Get(name string) (*storagev1.StorageClass, error) {
	for _, o := range c {
		if o.Name == name {
			return o, nil
		}
	}
	return nil, apierrors.NewNotFound(storagev1.Resource("storageclass"), name)
}
