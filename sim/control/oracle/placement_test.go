package oracle

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// named adds a Deployment whose pods ask for some CPU, after a while.
func (r *scenarios) named(name string, replicas int32, cpu, class string) {
	labels := map[string]string{"app": name}
	t := r.plain()
	t.Labels, t.Spec.PriorityClassName = labels, class
	t.Spec.Containers[0].Resources.Requests[v1.ResourceCPU] = resource.MustParse(cpu)
	r.add(&apps.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: apps.DeploymentSpec{
		Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: t,
	}})
	r.later()
}

// requireEqual holds that both worlds agree on a scenario.
func requireEqual(t *testing.T, r *scenarios, placement string) {
	r.spec.Duration = 3 * time.Minute
	records, ours := simulate(t, r.spec)
	o := truth.Compare(play(t, r.spec, scriptOf(records), 0), ours, truth.Check{Sizes: "envelope", Placement: placement})
	var text bytes.Buffer
	require.NoError(t, o.WriteText(&text, false))
	require.True(t, o.Equal(), text.String())
}

// TestSampledNodes: above 100 nodes the scheduler looks at a part of them, from
// where it stopped before. Pods of several Deployments, one after the other, get
// the same nodes.
func TestSampledNodes(t *testing.T) {
	for seed := range uint64(3) {
		r := newScenarios(seed)
		for i := range 120 + 40*int(seed) {
			n := r.node(fmt.Sprintf("n%03d", i), i)
			n.Spec.Taints = nil
			r.spec.Nodes = append(r.spec.Nodes, n)
		}
		for i, name := range []string{"a", "b", "c"} {
			r.named(name, 6+r.Int32N(7), []string{"250m", "1500m", "700m"}[i], "")
		}
		requireEqual(t, r, "node")
	}
}

// TestPreemption: pods of a higher class take the place of as many others at the same
// time, and the others wait or find another one. Of nodes that are as good it is
// chance upstream which one loses its pods (GetOffsetAndNumCandidates in
// pkg/scheduler/framework/plugins/defaultpreemption).
func TestPreemption(t *testing.T) {
	for seed := range uint64(6) {
		r := newScenarios(seed)
		for i := range 3 + r.IntN(3) {
			n := r.node(fmt.Sprint("n", i), i)
			n.Spec.Taints = nil
			n.Status.Allocatable[v1.ResourcePods] = resource.MustParse("110")
			r.spec.Nodes = append(r.spec.Nodes, n)
		}
		r.add(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "high"}, Value: 1000})
		r.named("low", 13, "1200m", "")
		r.at += time.Minute
		r.named("high", 1+r.Int32N(3), "1500m", "high")
		r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(100e9), Action: cluster.Scale{
			Target: cluster.ObjectRef{Kind: "Deployment", NamespacedName: named(namespace, "high")}, Replicas: 4,
		}})
		requireEqual(t, r, "none")
	}
}
