package control

import (
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

func TestFaultsOfADeploymentView(t *testing.T) {
	bad := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Is"}}}
	for _, test := range []struct {
		name   string
		change func(*DeploymentView)
		want   string
	}{
		{"no deployment", func(v *DeploymentView) { v.Deployment = nil }, "deployment: must be set, got nil"},
		{"all at once", func(v *DeploymentView) {
			v.Deployment.Spec.Replicas, v.Deployment.Spec.Selector, v.Deployment.Spec.Strategy.RollingUpdate = nil, bad, nil
			broken := replicas(-1)
			v.ReplicaSets = []*apps.ReplicaSet{nil, broken, broken}
		}, `deployment default/web: spec.replicas: must be set, got nil
deployment default/web: spec.selector: must be a label selector, got "Is" is not a valid label selector operator
deployment default/web: spec.strategy.rollingUpdate: must be set, got nil
deployment default/web: replicaSets[0]: must be set, got nil
deployment default/web: replicaset web-x: spec.replicas: must be at least 0, got -1
deployment default/web: replicaset web-x: spec.replicas: must be at least 0, got -1
deployment default/web: replicaset web-x: metadata.uid: must be set and unique, got "rs"`},
		{"strategy", func(v *DeploymentView) { v.Deployment.Spec.Strategy.Type = "Blue" },
			`deployment default/web: spec.strategy.type: must be Recreate or RollingUpdate, got "Blue"`},
		{"bounds", func(v *DeploymentView) {
			v.Deployment.Spec.Strategy.RollingUpdate.MaxSurge = ptr.To(intstr.FromString("a lot"))
			v.Deployment.Spec.Strategy.RollingUpdate.MaxUnavailable = ptr.To(intstr.FromInt32(-1))
		}, `deployment default/web: spec.strategy.rollingUpdate.maxSurge: must be a count or a percentage of at least 0, got a lot
deployment default/web: spec.strategy.rollingUpdate.maxUnavailable: must be a count or a percentage of at least 0, got -1`},
		{"no bounds", func(v *DeploymentView) { v.Deployment.Spec.Strategy.RollingUpdate = &apps.RollingUpdateDeployment{} },
			`deployment default/web: spec.strategy.rollingUpdate.maxSurge: must be a count or a percentage of at least 0, got <nil>
deployment default/web: spec.strategy.rollingUpdate.maxUnavailable: must be a count or a percentage of at least 0, got <nil>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := DeploymentView{Deployment: web(1, one, none)}
			test.change(&v)
			_, err := SyncDeployment(v, epoch)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestFaultsOfAReplicaSetView(t *testing.T) {
	_, err := SyncReplicaSet(ReplicaSetView{}, epoch)
	require.EqualError(t, err, "replicaset: must be set, got nil")
	rs := replicas(-2)
	rs.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"no value": ""}}
	_, err = SyncReplicaSet(ReplicaSetView{ReplicaSet: rs, Pods: []*v1.Pod{nil}, Related: []*v1.Pod{nil}}, epoch)
	require.ErrorContains(t, err, "replicaset default/web-x: spec.replicas: must be at least 0, got -2\nreplicaset default/web-x: spec.selector: must be a label selector, got ")
	require.ErrorContains(t, err, "\nreplicaset default/web-x: pods[0]: must be set, got nil\nreplicaset default/web-x: related[0]: must be set, got nil")
}
