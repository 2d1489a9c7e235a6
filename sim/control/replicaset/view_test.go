package replicaset_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

func TestFaultsOfAView(t *testing.T) {
	_, err := replicaset.Sync(replicaset.View{}, epoch)
	require.EqualError(t, err, "replicaset: must be set, got nil")
	rs := replicas(-2)
	rs.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"no value": ""}}
	_, err = replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: []*v1.Pod{nil}, Related: []*v1.Pod{nil}}, epoch)
	require.ErrorContains(t, err,
		"replicaset default/web-x: spec.replicas: must be at least 0, got -2\nreplicaset default/web-x: spec.selector: must be a label selector, got ")
	require.ErrorContains(t, err,
		"\nreplicaset default/web-x: pods[0]: must be set, got nil\nreplicaset default/web-x: related[0]: must be set, got nil")
}
