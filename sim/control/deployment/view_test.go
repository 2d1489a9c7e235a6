package deployment

import (
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

func TestFaultsOfAView(t *testing.T) {
	bad := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Is"}}}
	for _, test := range []struct {
		name   string
		change func(*View)
		want   string
	}{
		{"no deployment", func(v *View) { v.Deployment = nil }, "deployment: must be set, got nil"},
		{"all at once", func(v *View) {
			v.Deployment.Spec.Replicas, v.Deployment.Spec.Selector, v.Deployment.Spec.Strategy.RollingUpdate = nil, bad, nil
			broken := &apps.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "web-x", UID: "rs"},
				Spec: apps.ReplicaSetSpec{Replicas: ptr.To[int32](-1)}}
			v.ReplicaSets = []*apps.ReplicaSet{nil, broken, broken}
		}, `deployment default/web: spec.replicas: must be set, got nil
deployment default/web: spec.selector: must be a label selector, got "Is" is not a valid label selector operator
deployment default/web: spec.strategy.rollingUpdate: must be set, got nil
deployment default/web: replicaSets[0]: must be set, got nil
deployment default/web: replicaset web-x: spec.replicas: must be at least 0, got -1
deployment default/web: replicaset web-x: spec.replicas: must be at least 0, got -1
deployment default/web: replicaset web-x: metadata.uid: must be set and unique, got "rs"`},
		{"strategy", func(v *View) { v.Deployment.Spec.Strategy.Type = "Blue" },
			`deployment default/web: spec.strategy.type: must be Recreate or RollingUpdate, got "Blue"`},
		{"bounds", func(v *View) {
			v.Deployment.Spec.Strategy.RollingUpdate.MaxSurge = ptr.To(intstr.FromString("a lot"))
			v.Deployment.Spec.Strategy.RollingUpdate.MaxUnavailable = ptr.To(intstr.FromInt32(-1))
		},
			`deployment default/web: spec.strategy.rollingUpdate.maxSurge: must be a count or a percentage of at least 0, got a lot
deployment default/web: spec.strategy.rollingUpdate.maxUnavailable: must be a count or a percentage of at least 0, got -1`},
		{"no bounds", func(v *View) { v.Deployment.Spec.Strategy.RollingUpdate = &apps.RollingUpdateDeployment{} },
			`deployment default/web: spec.strategy.rollingUpdate.maxSurge: must be a count or a percentage of at least 0, got <nil>
deployment default/web: spec.strategy.rollingUpdate.maxUnavailable: must be a count or a percentage of at least 0, got <nil>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := View{Deployment: web(1, one, none)}
			test.change(&v)
			_, err := Sync(v, epoch)
			require.EqualError(t, err, test.want)
		})
	}
}
