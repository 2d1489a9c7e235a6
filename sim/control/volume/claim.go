package volume

import (
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	storagehelpers "k8s.io/component-helpers/storage/volume"
	csitranslation "k8s.io/csi-translation-lib"
	"k8s.io/kubernetes/pkg/volume/util"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// sync is a sync under way.
type sync struct {
	*View
	actions []Action
}

func (s *sync) do(a Action) { s.actions = append(s.actions, a) }

func (s *sync) event(kind, reason, message string) {
	s.do(control.Event{Type: kind, Reason: reason, Message: message})
}

// SyncClaim is what the controller does about a claim (pv_controller.go, syncClaim).
func SyncClaim(v *View, claim *v1.PersistentVolumeClaim) ([]Action, error) {
	s := &sync{View: v}
	if metav1.HasAnnotation(claim.ObjectMeta, storagehelpers.AnnBindCompleted) {
		s.bound(claim)
		return s.actions, nil
	}
	err := s.unbound(claim)
	return s.actions, err
}

// unbound is syncUnboundClaim.
func (s *sync) unbound(claim *v1.PersistentVolumeClaim) error {
	if claim.Spec.VolumeName != "" {
		s.named(claim)
		return nil
	}
	delay, err := storagehelpers.IsDelayBindingMode(claim, classes(s.Classes))
	if err != nil {
		return err
	}
	volume, err := bestMatch(claim, s.Volumes, delay)
	switch {
	case err != nil:
		return fmt.Errorf("error finding PV for claim %q: %w", claim.Namespace+"/"+claim.Name, err)
	case volume != nil:
		return s.bind(volume, claim)
	case s.assignDefaultClass(claim):
		return nil
	case delay && !storagehelpers.IsDelayBindingProvisioning(claim):
		s.waitForConsumer(claim)
	case storagehelpers.GetPersistentVolumeClaimClass(claim) != "":
		s.provision(claim)
		return nil
	default:
		s.event(v1.EventTypeNormal, "FailedBinding",
			"no persistent volumes available for this claim and no storage class is set")
	}
	s.setClaimPhase(claim, v1.ClaimPending, nil)
	return nil
}

// named is syncUnboundClaim of a claim that names its volume.
func (s *sync) named(claim *v1.PersistentVolumeClaim) {
	volume := s.volume(claim.Spec.VolumeName)
	switch {
	case volume == nil:
	case volume.Spec.ClaimRef == nil:
		err := unsatisfied(volume, claim)
		if err == nil {
			err = s.bind(volume, claim)
		}
		if err == nil {
			return
		}
		s.event(v1.EventTypeWarning, "VolumeMismatch",
			fmt.Sprintf("Cannot bind to requested volume %q: %s", volume.Name, err))
	case storagehelpers.IsVolumeBoundToClaim(volume, claim):
		if s.bind(volume, claim) == nil {
			return
		}
	default:
		s.event(v1.EventTypeWarning, "FailedBinding",
			fmt.Sprintf("volume %q already bound to a different claim.", volume.Name))
	}
	s.setClaimPhase(claim, v1.ClaimPending, nil)
}

// bound is syncBoundClaim.
func (s *sync) bound(claim *v1.PersistentVolumeClaim) {
	volume := s.volume(claim.Spec.VolumeName)
	lost := func(reason, message string) {
		s.setClaimPhase(claim, v1.ClaimLost, nil)
		if claim.Status.Phase != v1.ClaimLost {
			s.event(v1.EventTypeWarning, reason, message)
		}
	}
	switch {
	case claim.Spec.VolumeName == "":
		lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
	case volume == nil:
		lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
	case volume.Spec.ClaimRef == nil, volume.Spec.ClaimRef.UID == claim.UID,
		// A volume that was read from a cluster has no UID of the claim that it belongs to.
		volume.Spec.ClaimRef.UID == "" && storagehelpers.IsVolumeBoundToClaim(volume, claim):
		_ = s.bind(volume, claim) // it fails for a claim without metadata alone
	default:
		lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
	}
}

// bind is the four writes that bind a volume and a claim (bind), as far as they are not
// made yet.
func (s *sync) bind(volume *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	next, dirty, err := storagehelpers.GetBindVolumeToClaim(volume, claim)
	if err != nil {
		return err
	}
	if dirty {
		volume = next
		s.do(UpdateVolume{volume})
	}
	volume = s.setVolumePhase(volume, v1.VolumeBound)
	if bound := boundTo(claim, volume); bound != nil {
		claim = bound
		s.do(UpdateClaim{claim})
	}
	s.setClaimPhase(claim, v1.ClaimBound, volume)
	return nil
}

// boundTo is a claim with its volume (bindClaimToVolume), nil when it has it.
func boundTo(claim *v1.PersistentVolumeClaim, volume *v1.PersistentVolume) *v1.PersistentVolumeClaim {
	next, dirty := claim.DeepCopy(), false
	if volume.Name != claim.Spec.VolumeName {
		dirty = true
		next.Spec.VolumeName = volume.Name
		if !metav1.HasAnnotation(next.ObjectMeta, storagehelpers.AnnBoundByController) {
			metav1.SetMetaDataAnnotation(&next.ObjectMeta, storagehelpers.AnnBoundByController, "yes")
		}
	}
	if !metav1.HasAnnotation(next.ObjectMeta, storagehelpers.AnnBindCompleted) {
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, storagehelpers.AnnBindCompleted, "yes")
		dirty = true
	}
	if !dirty {
		return nil
	}
	return next
}

// setClaimPhase is updateClaimStatus.
func (s *sync) setClaimPhase(claim *v1.PersistentVolumeClaim, phase v1.PersistentVolumeClaimPhase,
	volume *v1.PersistentVolume) {
	next := claim.DeepCopy()
	next.Status.Phase = phase
	if volume == nil {
		next.Status.AccessModes, next.Status.Capacity, next.Status.CurrentVolumeAttributesClassName = nil, nil, nil
	} else {
		next.Status.AccessModes = volume.Spec.AccessModes
		if claim.Status.Phase != phase {
			if storageOf(claim.Status.Capacity) != storageOf(volume.Spec.Capacity) {
				next.Status.Capacity = volume.Spec.Capacity.DeepCopy()
			}
			next.Status.CurrentVolumeAttributesClassName = volume.Spec.VolumeAttributesClassName
		}
	}
	if !sameClaimStatus(&claim.Status, &next.Status) {
		s.do(UpdateClaimStatus{next})
	}
}

func sameClaimStatus(a, b *v1.PersistentVolumeClaimStatus) bool {
	return a.Phase == b.Phase && modesOf(a.AccessModes) == modesOf(b.AccessModes) &&
		storageOf(a.Capacity) == storageOf(b.Capacity)
}

// assignDefaultClass gives a claim without a class the default one, when there is one by
// now (assignDefaultStorageClass).
func (s *sync) assignDefaultClass(claim *v1.PersistentVolumeClaim) bool {
	if storagehelpers.PersistentVolumeClaimHasClass(claim) {
		return false
	}
	class := DefaultClass(s.Classes)
	if class == "" {
		return false
	}
	next := claim.DeepCopy()
	next.Spec.StorageClassName = &class
	s.do(UpdateClaim{next})
	return true
}

// waitForConsumer is emitEventForUnboundDelayBindingClaim.
func (s *sync) waitForConsumer(claim *v1.PersistentVolumeClaim) {
	reason, message := "WaitForFirstConsumer", "waiting for first consumer to be created before binding"
	switch pods := s.Waiting(claim); len(pods) {
	case 0:
	case 1:
		reason, message = "WaitForPodScheduled", fmt.Sprintf("waiting for pod %s to be scheduled", pods[0])
	default:
		reason = "WaitForPodScheduled"
		message = fmt.Sprintf("waiting for pods %s to be scheduled", strings.Join(pods, ","))
	}
	s.event(v1.EventTypeNormal, reason, message)
}

// translator knows the CSI drivers that stand for plug-ins of earlier days.
var translator = csitranslation.New()

// Driver is the CSI driver that a StorageClass' provisioner stands for.
func Driver(provisioner string) string {
	if name, err := translator.GetCSINameFromInTreeName(provisioner); err == nil {
		return name
	}
	return provisioner
}

// provision asks the driver of a class for a volume (provisionClaim,
// provisionClaimOperationExternal).
func (s *sync) provision(claim *v1.PersistentVolumeClaim) {
	class, err := classes(s.Classes).Get(storagehelpers.GetPersistentVolumeClaimClass(claim))
	if err != nil {
		s.event(v1.EventTypeWarning, "ProvisioningFailed", err.Error())
		return
	}
	driver := Driver(class.Provisioner)
	if driver == class.Provisioner && strings.HasPrefix(driver, "kubernetes.io/") {
		s.event(v1.EventTypeWarning, "ProvisioningFailed",
			"no volume plugin matched name: "+class.Provisioner)
		return
	}
	if claim.Annotations[storagehelpers.AnnStorageProvisioner] != driver {
		next := claim.DeepCopy()
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, storagehelpers.AnnBetaStorageProvisioner, driver)
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, storagehelpers.AnnStorageProvisioner, driver)
		s.do(UpdateClaim{next})
	}
	s.event(v1.EventTypeNormal, "ExternalProvisioning", fmt.Sprintf(
		"Waiting for a volume to be created either by the external provisioner '%s' "+
			"or manually by the system administrator. If volume creation is delayed, please verify that "+
			"the provisioner is running and correctly registered.", driver))
}

// DefaultClass is the name of the StorageClass for claims that name none, "" when there
// is none.
func DefaultClass(list []*Class) string {
	class, err := util.GetDefaultClass(classes(list))
	if err != nil || class == nil {
		return ""
	}
	return class.Name
}
