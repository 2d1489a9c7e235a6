package volume

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/control"
)

func claimOf(name, class, size string, change ...func(*v1.PersistentVolumeClaim)) *v1.PersistentVolumeClaim {
	o := &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)},
		Spec: v1.PersistentVolumeClaimSpec{
			AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Resources: v1.VolumeResourceRequirements{
				Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}},
		},
		Status: v1.PersistentVolumeClaimStatus{Phase: v1.ClaimPending},
	}
	if class != "-" {
		o.Spec.StorageClassName = &class
	}
	for _, c := range change {
		c(o)
	}
	return o
}

func volumeOf(name, class, size string, change ...func(*v1.PersistentVolume)) *v1.PersistentVolume {
	o := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Capacity:                      v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)},
			StorageClassName:              class,
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimRetain,
		},
		Status: v1.PersistentVolumeStatus{Phase: v1.VolumeAvailable},
	}
	for _, c := range change {
		c(o)
	}
	return o
}

func classNamed(name, provisioner string, mode storagev1.VolumeBindingMode) *Class {
	return &Class{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, VolumeBindingMode: &mode}
}

// text is what a sync does, a word for each action.
func text(actions []Action) string {
	var list []string
	for _, a := range actions {
		switch a := a.(type) {
		case UpdateVolume:
			ref := "-"
			if r := a.Volume.Spec.ClaimRef; r != nil {
				ref = r.Name + "/" + string(r.UID)
			}
			list = append(list, fmt.Sprintf("volume %s for %s", a.Volume.Name, ref))
		case UpdateVolumeStatus:
			list = append(list, fmt.Sprintf("volume %s %s", a.Volume.Name, a.Volume.Status.Phase))
		case UpdateClaim:
			list = append(list, fmt.Sprintf("claim %s has %q of %q", a.Claim.Name, a.Claim.Spec.VolumeName,
				*a.Claim.Spec.StorageClassName))
		case UpdateClaimStatus:
			list = append(list, fmt.Sprintf("claim %s %s", a.Claim.Name, a.Claim.Status.Phase))
		case SyncClaimOf:
			list = append(list, "sync claim")
		case control.Event:
			list = append(list, a.Reason+": "+a.Message)
		}
	}
	return strings.Join(list, "; ")
}

func TestSyncClaim(t *testing.T) {
	const local = storagev1.VolumeBindingWaitForFirstConsumer
	classes := []*Class{classNamed("now", "ebs.csi.aws.com", storagev1.VolumeBindingImmediate),
		classNamed("later", "kubernetes.io/aws-ebs", local), classNamed("by-hand", "kubernetes.io/no-provisioner", local)}
	selected := func(o *v1.PersistentVolumeClaim) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "volume.kubernetes.io/selected-node", "n")
	}
	named := func(volume string) func(*v1.PersistentVolumeClaim) {
		return func(o *v1.PersistentVolumeClaim) { o.Spec.VolumeName = volume }
	}
	modes := func(list ...v1.PersistentVolumeAccessMode) func(*v1.PersistentVolume) {
		return func(o *v1.PersistentVolume) { o.Spec.AccessModes = list }
	}
	of := func(claim string, uid types.UID) func(*v1.PersistentVolume) {
		return func(o *v1.PersistentVolume) {
			o.Spec.ClaimRef = &v1.ObjectReference{Namespace: "default", Name: claim, UID: uid}
		}
	}
	done := func(o *v1.PersistentVolumeClaim) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "pv.kubernetes.io/bind-completed", "yes")
	}
	bound := func(volume string) string {
		return fmt.Sprintf("volume %[1]s for c/c; volume %[1]s Bound; claim c has %[1]q of \"\"; claim c Bound", volume)
	}
	for name, c := range map[string]struct {
		claim   *v1.PersistentVolumeClaim
		volumes []*v1.PersistentVolume
		want    string
	}{
		"the smallest that is large enough": {claimOf("c", "", "2Gi"), []*v1.PersistentVolume{
			volumeOf("large", "", "9Gi"), volumeOf("right", "", "3Gi"), volumeOf("small", "", "1Gi")}, bound("right")},
		"fewest modes before size": {claimOf("c", "", "2Gi"), []*v1.PersistentVolume{
			volumeOf("all", "", "2Gi", modes(v1.ReadWriteOnce, v1.ReadWriteMany)), volumeOf("one", "", "9Gi")}, bound("one")},
		"of another class": {claimOf("c", "", "2Gi"), []*v1.PersistentVolume{volumeOf("v", "now", "2Gi")},
			"FailedBinding: no persistent volumes available for this claim and no storage class is set"},
		"of another claim": {claimOf("c", "", "2Gi"), []*v1.PersistentVolume{volumeOf("v", "", "2Gi", of("d", ""))},
			"FailedBinding: no persistent volumes available for this claim and no storage class is set"},
		"reserved for it": {claimOf("c", "", "2Gi"), []*v1.PersistentVolume{
			volumeOf("a", "", "2Gi"), volumeOf("b", "", "9Gi", of("c", ""))}, bound("b")},
		"a class that is not there": {claimOf("c", "fast", "2Gi"), nil,
			`ProvisioningFailed: storageclass.storage.k8s.io "fast" not found`},
		"no class at all, and no default one": {claimOf("c", "-", "2Gi"), nil,
			"FailedBinding: no persistent volumes available for this claim and no storage class is set"},
		"at once": {claimOf("c", "now", "2Gi"), nil, `claim c has "" of "now"; ExternalProvisioning: Waiting for a volume ` +
			`to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. ` +
			`If volume creation is delayed, please verify that the provisioner is running and correctly registered.`},
		"for the first consumer": {claimOf("c", "later", "2Gi"), nil,
			"WaitForPodScheduled: waiting for pod p to be scheduled"},
		"not bound by the controller before that": {claimOf("c", "later", "2Gi"),
			[]*v1.PersistentVolume{volumeOf("v", "later", "2Gi")}, "WaitForPodScheduled: waiting for pod p to be scheduled"},
		"with a machine": {claimOf("c", "later", "2Gi", selected), nil, `claim c has "" of "later"; ExternalProvisioning: ` +
			`Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the ` +
			`system administrator. If volume creation is delayed, please verify that the provisioner is running and ` +
			`correctly registered.`},
		"nobody provisions": {claimOf("c", "by-hand", "2Gi", selected), nil,
			"ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner"},
		"a volume that is not there": {claimOf("c", "", "2Gi", named("v")), nil, ""},
		"a volume that is too small": {claimOf("c", "", "2Gi", named("v")), []*v1.PersistentVolume{volumeOf("v", "", "1Gi")},
			`VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small`},
		"a volume of another": {claimOf("c", "", "2Gi", named("v")),
			[]*v1.PersistentVolume{volumeOf("v", "", "2Gi", of("d", "d"))},
			`FailedBinding: volume "v" already bound to a different claim.`},
		"its volume is gone": {claimOf("c", "", "2Gi", named("v"), done), nil,
			"claim c Lost; ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"},
		"two claims of one volume": {claimOf("c", "", "2Gi", named("v"), done),
			[]*v1.PersistentVolume{volumeOf("v", "", "2Gi", of("d", "d"))},
			"claim c Lost; ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly"},
		"read from a cluster": {claimOf("c", "", "2Gi", named("v"), done),
			[]*v1.PersistentVolume{volumeOf("v", "", "2Gi", of("c", ""))},
			"volume v for c/c; volume v Bound; claim c Bound"},
	} {
		t.Run(name, func(t *testing.T) {
			view := &View{Volumes: c.volumes, Classes: classes,
				Waiting: func(*v1.PersistentVolumeClaim) []string { return []string{"p"} }}
			before := c.claim.DeepCopy()
			actions, err := SyncClaim(view, c.claim)
			require.NoError(t, err)
			assert.Equal(t, c.want, text(actions))
			assert.Equal(t, before, c.claim, "it changes nothing")
		})
	}
}

func TestDefaultClassComesLate(t *testing.T) {
	class := classNamed("late", "ebs.csi.aws.com", storagev1.VolumeBindingImmediate)
	class.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
	actions, err := SyncClaim(&View{Classes: []*Class{class}}, claimOf("c", "-", "1Gi"))
	require.NoError(t, err)
	assert.Equal(t, `claim c has "" of "late"`, text(actions))
}

func TestSyncVolume(t *testing.T) {
	reclaim := func(policy v1.PersistentVolumeReclaimPolicy) func(*v1.PersistentVolume) {
		return func(o *v1.PersistentVolume) { o.Spec.PersistentVolumeReclaimPolicy = policy }
	}
	ref := func(uid types.UID) func(*v1.PersistentVolume) {
		return func(o *v1.PersistentVolume) {
			o.Spec.ClaimRef = &v1.ObjectReference{Namespace: "default", Name: "c", UID: uid}
			o.Status.Phase = v1.VolumeBound
		}
	}
	made := func(o *v1.PersistentVolume) {
		o.Annotations = map[string]string{"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}
	}
	byController := func(o *v1.PersistentVolume) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "pv.kubernetes.io/bound-by-controller", "yes")
	}
	has := func(volume string) *v1.PersistentVolumeClaim {
		return claimOf("c", "", "1Gi", func(o *v1.PersistentVolumeClaim) { o.Spec.VolumeName = volume })
	}
	for name, c := range map[string]struct {
		volume  *v1.PersistentVolume
		claim   *v1.PersistentVolumeClaim
		want    string
		deletes bool
	}{
		"free": {volumeOf("v", "", "1Gi", func(o *v1.PersistentVolume) { o.Status.Phase = v1.VolumePending }),
			nil, "volume v Available", false},
		"bound":           {volumeOf("v", "", "1Gi", ref("c")), has("v"), "", false},
		"its claim waits": {volumeOf("v", "", "1Gi", ref("c")), has(""), "sync claim", false},
		"retained":        {volumeOf("v", "", "1Gi", ref("c")), nil, "volume v Released", false},
		"another claim":   {volumeOf("v", "", "1Gi", ref("older")), has(""), "volume v Released", false},
		"deleted": {volumeOf("v", "", "1Gi", ref("c"), made, reclaim(v1.PersistentVolumeReclaimDelete)), nil,
			"volume v Released", true},
		"made by nobody": {volumeOf("v", "", "1Gi", ref("c"), reclaim(v1.PersistentVolumeReclaimDelete)), nil,
			"volume v Released", false},
		"claimed in vain": {volumeOf("v", "", "1Gi", ref("c"), byController), has("w"), "volume v for -; volume v Available",
			false},
		"reserved in vain": {volumeOf("v", "", "1Gi", ref("c")), has("w"), "volume v for c/; volume v Available", false},
	} {
		t.Run(name, func(t *testing.T) {
			actions := SyncVolume(&View{Claim: func(string, string) *v1.PersistentVolumeClaim { return c.claim }}, c.volume)
			assert.Equal(t, c.want, text(actions))
			after := c.volume
			for _, a := range actions {
				if a, is := a.(UpdateVolumeStatus); is {
					after = a.Volume
				}
			}
			assert.Equal(t, c.deletes, Deletes(after))
		})
	}
}
