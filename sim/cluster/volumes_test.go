package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// storage is the default StorageClass of a driver whose disks are attached to one machine
// at a time, at which all machines get at.
func storage() *storagev1.StorageClass {
	mode := storagev1.VolumeBindingImmediate
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "disks",
		Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}},
		Provisioner: "driver.longhorn.io", VolumeBindingMode: &mode}
}

// disk is a claim of 1Gi that one machine can have.
func disk(name string) *v1.PersistentVolumeClaim {
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: v1.PersistentVolumeClaimSpec{AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Resources: v1.VolumeResourceRequirements{
				Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}}},
	}
}

// onDisk is one pod of a Deployment with a disk, whose machine fails after a minute.
func onDisk(steps ...cluster.Step) *cluster.Spec {
	spec := recorded(1, 5, nil, append([]cluster.Step{step(60, cluster.NodeFail{Node: "n-0"})}, steps...)...)
	d := spec.Objects[0].(*appsv1.Deployment)
	d.Spec.Template.Spec.Volumes = []v1.Volume{{Name: "d", VolumeSource: v1.VolumeSource{
		PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: "disk"}}}}
	spec.Objects = append(spec.Objects, storage(), disk("disk"))
	spec.Duration = 30 * time.Minute
	return spec
}

// attachments are what becomes of the disk, with the second in which it does.
func attachments(records []record.Record) (list []string, at []float64) {
	for _, r := range records {
		switch r := r.(type) {
		case record.VolumeAttached:
			list, at = append(list, "attached "+r.Node), append(at, r.T.Seconds())
		case record.VolumeDetached:
			how := "detached "
			if r.Forced {
				how = "taken from "
			}
			list, at = append(list, how+r.Node), append(at, r.T.Seconds())
		case record.VolumeWaiting:
			list, at = append(list, "waits for "+r.Holder), append(at, r.T.Seconds())
		}
	}
	return list, at
}

// The disk of a machine that fails stays there while the pod terminates, which is for
// ever. When the Node is deleted the pod goes, and the disk six minutes later. The taint
// that says that the machine is off for good takes both away at once.
func TestADiskLeavesAMachineThatFailed(t *testing.T) {
	list, at := attachments(play(t, onDisk(), 0))
	require.Equal(t, []string{"attached n-0", "waits for n-0"}, list)
	assert.InDelta(t, 415, at[1], 20, "50 s until it is NotReady, and 300 s of toleration")

	list, at = attachments(play(t, onDisk(step(600, cluster.NodeRemove{Node: "n-0"})), 0))
	require.Equal(t, []string{"attached n-0", "waits for n-0", "taken from n-0", "attached n-1"}, list)
	assert.InDelta(t, 600+60+360, at[2], 25, "the pod goes after 40 to 80 s, the disk after 6 minutes more")

	off := v1.Taint{Key: v1.TaintNodeOutOfService, Effect: v1.TaintEffectNoExecute}
	list, at = attachments(play(t, onDisk(step(600, cluster.Taint{Node: "n-0", Add: []v1.Taint{off}})), 0))
	require.Equal(t, []string{"attached n-0", "waits for n-0", "taken from n-0", "attached n-1"}, list)
	assert.Less(t, at[2], 645.0)
}

// A pod whose claim can't be bound waits with upstream's words, and so does its claim.
func TestAClaimWithoutClassHoldsItsPod(t *testing.T) {
	spec := onDisk()
	spec.Timeline, spec.Objects = nil, spec.Objects[:1]
	said := func() (pod, claim string) {
		for _, r := range play(t, spec, 0) {
			switch r := r.(type) {
			case record.PodUnschedulable:
				pod = r.Message
			case record.ClaimWaiting:
				claim = r.Message
			}
		}
		return pod, claim
	}
	pod, _ := said()
	assert.Contains(t, pod, `persistentvolumeclaim "disk" not found`)
	spec.Objects = append(spec.Objects, disk("disk"))
	pod, claim := said()
	assert.Contains(t, pod, "pod has unbound immediate PersistentVolumeClaims")
	assert.Equal(t, "no persistent volumes available for this claim and no storage class is set", claim)
}
