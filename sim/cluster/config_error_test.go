package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// TestSecretComesAndGoes: pods wait for a Secret that is absent and start 10 s
// to 16 s after it was applied, or sooner; those that are made while it is there
// start at once, and run on when it is deleted; the next ones wait again.
func TestSecretComesAndGoes(t *testing.T) {
	spec := drained(1, cluster.Drain{})
	web := spec.Objects[0].(*appsv1.Deployment)
	three := int32(3)
	web.Spec.Replicas = &three
	web.Spec.Template.Spec.Containers[0].EnvFrom = []v1.EnvFromSource{
		{SecretRef: &v1.SecretEnvSource{LocalObjectReference: v1.LocalObjectReference{Name: "keys"}}}}
	keys := &v1.Secret{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: metav1.ObjectMeta{
		Namespace: "default", Name: "keys"}}
	ref := cluster.ObjectRef{Kind: "Secret", NamespacedName: types.NamespacedName{Namespace: "default", Name: "keys"}}
	scaled := func(replicas int32) cluster.Apply {
		o := web.DeepCopy()
		o.Spec.Replicas = &replicas
		return cluster.Apply{Objects: []runtime.Object{o}}
	}
	restored := cluster.Apply{Objects: []runtime.Object{keys}}
	spec.Absent = []cluster.ObjectRef{ref}
	spec.Objects = append(spec.Objects, keys) // absent all the same
	spec.Duration = 10 * time.Minute
	spec.Timeline = nil
	for _, s := range []struct {
		at     float64
		action cluster.Action
	}{{100, restored}, {200, scaled(5)}, {300, cluster.Delete{Target: ref}}, {350, scaled(7)}, {500, restored}} {
		spec.Timeline = append(spec.Timeline, cluster.Step{At: at(s.at), Action: s.action})
	}

	var started []sim.Time
	waits := map[sim.Time]int{}
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.ContainerStarted:
			started = append(started, r.T)
		case record.ContainerWaiting:
			if r.Reason == "CreateContainerConfigError" {
				require.Equal(t, `secret "keys" not found`, r.Message)
				waits[r.T/at(50)*at(50)]++
			}
		case record.ContainerExited:
			t.Fatalf("%s exited", r.Pod)
		}
	}
	require.Equal(t, map[sim.Time]int{0: 3, at(350): 2}, waits)
	require.Len(t, started, 7)
	for i, within := range [][2]float64{{100, 116}, {100, 116}, {100, 116}, {200, 201}, {200, 201}, {500, 516},
		{500, 516}} {
		require.True(t, at(within[0]) < started[i] && started[i] < at(within[1]), "start %d at %v", i, started[i])
	}
	require.NotEqual(t, started[0], started[2], "each pod is tried at its own times")
}
