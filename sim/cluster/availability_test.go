package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// A quota leaves room for three of four pods, so the ReplicaSet's syncs fail, come
// again only after minutes, and don't ask for a look at the time when a pod is
// available. That the pod got ready does: the update finds one replica that is
// not available, the one that has no pod, and takes it first.
func TestPodsGetAvailableWhileTheirControllerFails(t *testing.T) {
	web := cluster.ObjectRef{Kind: "Deployment", NamespacedName: types.NamespacedName{Namespace: "default", Name: "web"}}
	spec := recorded(4, 5, func(d *appsv1.Deployment) {
		three, two := intstr.FromInt32(3), intstr.FromInt32(2)
		d.Spec.MinReadySeconds = 12
		d.Spec.Strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxUnavailable: &three, MaxSurge: &two}
	}, step(90, cluster.PodKill{Target: web, Count: 1}),
		step(150, cluster.SetImage{Target: web, Container: "c", Image: "app:v2"}))
	spec.Objects = append([]runtime.Object{quotaOf("pods", "3")}, spec.Objects...)
	var sizes [][2]int32
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.ReplicaSetScaled); is && r.To < r.From && r.T < at(151) {
			sizes = append(sizes, [2]int32{r.From, r.To})
		}
	}
	require.Equal(t, [][2]int32{{4, 3}, {3, 1}}, sizes)
}
