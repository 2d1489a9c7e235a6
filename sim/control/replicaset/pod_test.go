package replicaset_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// epoch has a fraction of a second, which conditions lose.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 300e6, time.UTC)

// apiTime is an instant as it comes back from the API server: whole seconds.
func apiTime(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

// replicas is a ReplicaSet of a Deployment.
func replicas(n int32) *apps.ReplicaSet {
	labels := map[string]string{"app": "web", apps.DefaultDeploymentUniqueLabelKey: "x"}
	return &apps.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: "web-x", Namespace: "default", UID: "rs", Generation: 1,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: "web", UID: "d",
				Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}},
		},
		Spec: apps.ReplicaSetSpec{
			Replicas: &n,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "v1"}}},
			},
		},
	}
}

func TestNewPod(t *testing.T) {
	rs := replicas(1)
	rs.Spec.Template.Annotations = map[string]string{"a": "b"}
	rs.Spec.Template.Spec.Containers[0].Resources.Limits = v1.ResourceList{v1.ResourceCPU: resource.MustParse("2")}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	keys := []string{apps.DefaultDeploymentUniqueLabelKey}
	rs.Spec.Template.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{
		{TopologyKey: "zone", LabelSelector: selector.DeepCopy(), MatchLabelKeys: keys}}
	rs.Spec.Template.Spec.Affinity = &v1.Affinity{
		PodAffinity: &v1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{
			{TopologyKey: "zone", LabelSelector: selector.DeepCopy(), MatchLabelKeys: keys}}}}
	before := rs.DeepCopy()
	pod := replicaset.NewPod(rs, "web-x-abcde", "u", epoch)
	require.Equal(t, metav1.ObjectMeta{
		Name: "web-x-abcde", GenerateName: "web-x-", Namespace: "default", UID: "u", Generation: 1,
		CreationTimestamp: apiTime(epoch),
		Labels:            rs.Spec.Template.Labels, Annotations: rs.Spec.Template.Annotations, Finalizers: []string{},
		OwnerReferences: []metav1.OwnerReference{
			*metav1.NewControllerRef(rs, apps.SchemeGroupVersion.WithKind("ReplicaSet"))},
	}, pod.ObjectMeta)
	require.Zero(t, pod.CreationTimestamp.Nanosecond())
	require.Equal(t, v1.PodStatus{Phase: v1.PodPending, QOSClass: v1.PodQOSBurstable}, pod.Status)
	require.Equal(t, "2", pod.Spec.Containers[0].Resources.Requests.Cpu().String(), "requests default to limits")
	require.Equal(t, v1.RestartPolicyAlways, pod.Spec.RestartPolicy)
	require.Equal(t, ptr.To[int64](30), pod.Spec.TerminationGracePeriodSeconds)
	require.Nil(t, pod.Spec.Priority)
	require.Len(t, pod.Spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions, 1)
	require.Equal(t, before, rs, "the template is read-only")
}
