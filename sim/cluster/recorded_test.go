package cluster_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// The cases of this file were recorded of a real control plane 1.37.2 whose
// nodes were played by kwok: a pod is Ready some seconds after its start and
// gone 2 s after it is deleted. Times are seconds after the step in question.

// recorded is a Deployment web on three nodes of 8 CPU.
// played are the annotations of a node without a kubelet: tests of the control plane
// look at what it does, not at when a kubelet notices.
var played = map[string]string{"kwok.x-k8s.io/node": "fake"}

func recorded(replicas int32, ready float64, change func(*appsv1.Deployment), steps ...cluster.Step) *cluster.Spec {
	spec := drained(0, cluster.Drain{})
	d := spec.Objects[0].(*appsv1.Deployment)
	d.Spec.Replicas = &replicas
	c := &d.Spec.Template.Spec.Containers[0]
	c.Lifecycle.PreStop.Sleep.Seconds = 2
	c.Resources.Requests[v1.ResourceCPU] = resource.MustParse("500m")
	if change != nil {
		change(d)
	}
	spec.Objects = []runtime.Object{d}
	spec.Workloads[0].Behaviour.Start = distribution.Constant(ready - 0.5)
	spec.Timeline, spec.Duration = steps, 3*time.Minute
	for _, n := range spec.Nodes {
		n.Status.Allocatable[v1.ResourceCPU] = resource.MustParse("8")
	}
	return spec
}

var web = cluster.ObjectRef{Kind: "Deployment", NamespacedName: types.NamespacedName{Namespace: "default", Name: "web"}}

func at(seconds float64) sim.Time { return sim.Time(seconds * 1e9) }

// requireTimes holds that two lists agree within half a second and 2 %.
func requireTimes(t *testing.T, want, got []float64, what string) {
	t.Helper()
	require.Len(t, got, len(want), "%s: %v", what, got)
	slices.Sort(want)
	slices.Sort(got)
	for i := range want {
		require.InDelta(t, want[i], got[i], 0.5+0.02*want[i], "%s %d of %v", what, i, got)
	}
}

// course is what happened after a time.
type course struct{ created, ready, deleted, gone, complete []float64 }

func courseOf(t *testing.T, spec *cluster.Spec, start float64) (c course) {
	for _, r := range play(t, spec, 0) {
		placed := r.(interface{ When() record.At }).When().T
		after := (placed - at(start)).Seconds()
		if after < 0 {
			continue
		}
		switch r := r.(type) {
		case record.PodCreated:
			c.created = append(c.created, after)
		case record.PodReady:
			if r.Ready {
				c.ready = append(c.ready, after)
			}
		case record.PodDeleting:
			c.deleted = append(c.deleted, after)
		case record.PodGone:
			c.gone = append(c.gone, after)
		case record.Rollout:
			if r.Phase == "complete" {
				c.complete = append(c.complete, after)
			}
		}
	}
	return c
}

func newImage(seconds float64) cluster.Step {
	return cluster.Step{At: at(seconds), Action: cluster.SetImage{Target: web, Container: "c", Image: "app:v2"}}
}

func TestRecordedRolloutOfAQuarter(t *testing.T) {
	c := courseOf(t, recorded(10, 10, nil, newImage(20)), 20)
	requireTimes(t, []float64{0.048, 0.085, 0.094, 0.317, 0.358, 10.210, 10.310, 10.331, 10.489, 10.596}, c.created,
		"created")
	requireTimes(t, []float64{10.137, 10.249, 10.249, 10.386, 10.426, 20.252, 20.337, 20.385, 20.551, 20.620}, c.ready,
		"ready")
	requireTimes(t, []float64{0.129, 0.133, 10.168, 10.278, 10.280, 10.437, 10.531, 20.280, 20.371, 20.424}, c.deleted,
		"deleted")
	requireTimes(t, []float64{2.141, 2.141, 12.179, 12.287, 12.295, 12.440, 12.539, 22.295, 22.380, 22.435}, c.gone,
		"gone")
	requireTimes(t, []float64{20.638}, c.complete, "complete")
}

func TestRecordedRolloutWithoutDowntime(t *testing.T) {
	one, none := intstr.FromInt32(1), intstr.FromInt32(0)
	c := courseOf(t, recorded(6, 10, func(d *appsv1.Deployment) {
		d.Spec.Strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxSurge: &one, MaxUnavailable: &none}
	}, newImage(20)), 20)
	requireTimes(t, []float64{0.043, 10.155, 20.214, 30.301, 40.398, 50.507}, c.created, "created")
	requireTimes(t, []float64{10.095, 20.184, 30.240, 40.346, 50.433, 60.554}, c.ready, "ready")
	requireTimes(t, []float64{10.127, 20.201, 30.277, 40.372, 50.460, 60.575}, c.deleted, "deleted")
	requireTimes(t, []float64{12.133, 22.209, 32.287, 42.382, 52.471, 62.585}, c.gone, "gone")
	requireTimes(t, []float64{60.591}, c.complete, "complete")
}

// TestRecordedOrderOfScaleDown: three batches of different age go in order of
// age, and the first of the youngest batch is on the node with most pods. Which
// of two that are equal in all that counts goes first is the UID's chance.
func TestRecordedOrderOfScaleDown(t *testing.T) {
	scale := func(seconds float64, n int32) cluster.Step {
		return cluster.Step{At: at(seconds), Action: cluster.Scale{Target: web, Replicas: n}}
	}
	steps := []cluster.Step{scale(43.4, 7), scale(54.5, 10)}
	for i := range int32(8) {
		steps = append(steps, scale(59.8+1.5*float64(i), 9-i))
	}
	batch, node, perNode := map[string]int{}, map[string]string{}, map[string]int{}
	var order []int
	for _, r := range play(t, recorded(4, 3, nil, steps...), 0) {
		switch r := r.(type) {
		case record.PodCreated:
			switch made := len(batch); {
			case made < 4:
				batch[r.Pod] = 1
			case made < 7:
				batch[r.Pod] = 2
			default:
				batch[r.Pod] = 3
			}
		case record.PodScheduled:
			node[r.Pod] = r.Node
			perNode[r.Node]++
		case record.PodDeleting:
			if len(order) == 0 {
				for _, n := range perNode {
					require.LessOrEqual(t, n, perNode[node[r.Pod]])
				}
			}
			order = append(order, batch[r.Pod])
		}
	}
	require.Equal(t, []int{3, 3, 3, 2, 2, 2, 1, 1}, order)
}
