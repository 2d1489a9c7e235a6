package sched

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func claimed(name, claim string) *v1.Pod {
	p := pod(name, "cpu", 1)
	p.Spec.Volumes = []v1.Volume{
		{Name: "data", VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{
			ClaimName: claim}}}}
	return p
}

func claim(name, class, volume string) *v1.PersistentVolumeClaim {
	c := &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: "claim"},
		Spec: v1.PersistentVolumeClaimSpec{
			StorageClassName: &class, VolumeName: volume, AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Resources: v1.VolumeResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
	if volume != "" {
		c.Annotations = map[string]string{"pv.kubernetes.io/bind-completed": "yes"}
	}
	return c
}

func class(name string, mode storagev1.VolumeBindingMode) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: "ebs.csi.aws.com",
		VolumeBindingMode: &mode}
}

// The volume plugins see claims and volumes as they come and change. The odd
// second "not found" is upstream's: the PostFilter of DynamicResources misses
// the state of its PreFilter, which no longer ran.
func TestVolumes(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "label:zone", "z1"), node("b", "label:zone", "z2"))
	w.Set(class("at-once", storagev1.VolumeBindingImmediate))
	w.add(claimed("p", "data"))
	assert.Equal(t, `0/2 nodes are available: persistentvolumeclaim "data" not found. not found`, w.one().Message)
	w.Set(claim("data", "at-once", ""))
	assert.Equal(t, `0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found`,
		w.one().Message)

	w.Set(&v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv"}, Spec: v1.PersistentVolumeSpec{
		ClaimRef: &v1.ObjectReference{Namespace: "default", Name: "data", UID: "claim"},
		NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
			MatchExpressions: []v1.NodeSelectorRequirement{
				{Key: zone, Operator: v1.NodeSelectorOpIn, Values: []string{"z2"}}}}}}},
	}})
	w.run()
	w.Set(claim("data", "at-once", "pv"))
	assert.Equal(t, []string{"p@b"}, w.run(), "the volume is in zone z2")
	w.Unset(claim("data", "at-once", "pv"))
	w.add(claimed("q", "data"))
	assert.Contains(t, w.one().Message, `persistentvolumeclaim "data" not found`)
}

// A claim that waits for its first pod is bound with it; the caller binds it.
func TestVolumeForFirstConsumer(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.Set(class("later", storagev1.VolumeBindingWaitForFirstConsumer))
	w.Set(claim("data", "later", ""))
	count, _, err := w.Headroom(claimed("x", "data"), 2)
	require.NoError(t, err)
	assert.Equal(t, 2, count)
	w.add(claimed("p", "data"))
	assert.Equal(t, []string{"p@a"}, w.run())
}

// What nobody looks at is ignored.
func TestSetOfOtherKinds(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.Set(&storagev1.VolumeAttributesClass{})
	w.Unset(&storagev1.VolumeAttributesClass{})
	w.Unset(&v1.Service{})
	p := pod("p")
	w.Set(p)
	assert.Equal(t, "a", must(w.ScheduleOne()).Node)
	w.Unset(p)
	w.Set(node("b"))
	w.Unset(node("b"))
	assert.False(t, w.Ready())
}

func must(r Result, ok bool) Result {
	if !ok {
		panic("nothing to schedule")
	}
	return r
}
