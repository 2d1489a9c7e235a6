package ledger

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestFaultyRowsAreRefused(t *testing.T) {
	for text, message := range map[string]string{
		"A.b  simulatd  x":              `fields.txt:1: A.b: must be simulated, no-effect or not-simulated, got "simulatd"`,
		"A.b  no-effect":                "fields.txt:1: A.b: must say why, or what follows",
		"A.b  simulated\nA.b simulated": "fields.txt:2: A.b stands there twice",
	} {
		_, err := parse(text)
		assert.EqualError(t, err, message)
	}
}

// Row of the outermost type, and of these the longest, holds.
func TestUsesNameTheFieldsThatAreNotSimulated(t *testing.T) {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Finalizers: []string{"a/b"}}}
	d.Spec.Template.Finalizers = []string{"c/d"}
	d.Spec.Template.Spec = v1.PodSpec{
		ReadinessGates: []v1.PodReadinessGate{{ConditionType: "x"}},
		Volumes: []v1.Volume{
			{Name: "a", VolumeSource: v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}},
			{Name: "b", VolumeSource: v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{Medium: "Memory"}}},
			{Name: "c", VolumeSource: v1.VolumeSource{NFS: &v1.NFSVolumeSource{Server: "x"}}},
			{Name: "d", VolumeSource: v1.VolumeSource{ConfigMap: &v1.ConfigMapVolumeSource{}}},
		},
		Containers: []v1.Container{
			{Name: "a"}, {Name: "b", Resources: v1.ResourceRequirements{Claims: []v1.ResourceClaim{{Name: "x"}}}}},
	}
	var paths []string
	for _, u := range Unsimulated(d, func(runtime.Object) {}) {
		paths = append(paths, u.Path)
	}
	assert.Equal(t, []string{
		"metadata.finalizers", "spec.template.metadata.finalizers", "spec.template.spec.volumes[1].emptyDir.medium",
		"spec.template.spec.volumes[2].nfs", "spec.template.spec.readinessGates",
	}, paths)
}

// A field that says what its default says is not told.
func TestDefaultsAreNotTold(t *testing.T) {
	cluster := v1.ServiceInternalTrafficPolicyCluster
	defaults := func(o runtime.Object) {
		if s := o.(*v1.Service); s.Spec.InternalTrafficPolicy == nil {
			s.Spec.InternalTrafficPolicy = &cluster
		}
	}
	s := &v1.Service{Spec: v1.ServiceSpec{InternalTrafficPolicy: &cluster}}
	assert.Empty(t, Unsimulated(s, defaults))
	local := v1.ServiceInternalTrafficPolicyLocal
	s.Spec.InternalTrafficPolicy = &local
	uses := Unsimulated(s, defaults)
	require.Len(t, uses, 1)
	assert.Equal(t, "spec.internalTrafficPolicy", uses[0].Path)
	assert.Same(t, &local, s.Spec.InternalTrafficPolicy, "the object stays as it is")
}
