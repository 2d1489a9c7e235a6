package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// What a budget says and covers is told as it is at the end, with the rules that
// steps gave it, and when it was deleted.
func TestBudgetsAreToldAtTheEnd(t *testing.T) {
	spec := drained(5, cluster.Drain{})
	one := intstr.FromInt32(1)
	loosened := spec.Objects[1].DeepCopyObject().(*policyv1.PodDisruptionBudget)
	loosened.Spec.MinAvailable, loosened.Spec.MaxUnavailable = nil, &one
	spec.Timeline = []cluster.Step{
		step(10, cluster.Apply{Objects: []runtime.Object{spec.Objects[1].DeepCopyObject()}}),
		step(20, cluster.Apply{Objects: []runtime.Object{loosened}}),
		step(30, cluster.Scale{Target: web, Replicas: 7}),
		step(100, cluster.Delete{Target: named("PodDisruptionBudget", "web")}),
		step(110, cluster.Apply{Objects: []runtime.Object{loosened}}),
	}
	var states []record.BudgetState
	for _, r := range play(t, spec, 0) {
		if s, is := r.(record.BudgetState); is {
			states = append(states, s)
		}
	}
	require.Len(t, states, 2)
	atMostOne := record.BudgetRule{Field: "maxUnavailable", Bound: "1"}
	covers := record.DisruptionBudget{Key: "default/web", Rule: atMostOne, Workloads: []string{"default/Deployment/web"},
		Expected: 7, Allows: 1}
	require.Equal(t, record.BudgetState{At: record.At{T: sim.Time(100 * time.Second)}, DisruptionBudget: covers,
		Healthy: 7, Deleted: true,
		Changes: []record.BudgetChange{{T: at(20), Rule: atMostOne}}}, states[0])
	require.Equal(t, record.BudgetState{At: record.At{T: sim.Time(2 * time.Minute)}, DisruptionBudget: covers, Healthy: 7,
		Changes: []record.BudgetChange{{T: at(110), Rule: atMostOne}}}, states[1])
}
