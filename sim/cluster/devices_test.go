package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// gpus are claims for so many GPUs of a DeviceClass that takes all of NVIDIA's driver.
func gpus(count int64) resourcev1.ResourceClaimSpec {
	return resourcev1.ResourceClaimSpec{Devices: resourcev1.DeviceClaim{Requests: []resourcev1.DeviceRequest{{
		Name: "gpu", Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: "gpu.nvidia.com", Count: count,
			AllocationMode: resourcev1.DeviceAllocationModeExactCount},
	}}}}
}

// onGPUs is a Deployment whose pods claim devices, on three machines with two GPUs each.
func onGPUs(replicas int32, entry v1.PodResourceClaim, steps ...cluster.Step) *cluster.Spec {
	spec := recorded(replicas, 5, func(d *appsv1.Deployment) {
		entry.Name = "gpu"
		d.Spec.Template.Spec.ResourceClaims = []v1.PodResourceClaim{entry}
		d.Spec.Template.Spec.Containers[0].Resources.Claims = []v1.ResourceClaim{{Name: "gpu"}}
	}, steps...)
	spec.Devices.Publish = true
	for _, n := range spec.Nodes {
		n.Labels["nvidia.com/gpu.count"] = "2"
	}
	named := metav1.ObjectMeta{Namespace: "default", Name: "x"}
	spec.Objects = append(spec.Objects, &resourcev1.DeviceClass{ObjectMeta: metav1.ObjectMeta{Name: "gpu.nvidia.com"}},
		&resourcev1.ResourceClaim{ObjectMeta: named, Spec: gpus(1)},
		&resourcev1.ResourceClaimTemplate{ObjectMeta: named, Spec: resourcev1.ResourceClaimTemplateSpec{Spec: gpus(2)}})
	return spec
}

// claims are what becomes of claims and of pods that find no node.
func claims(records []record.Record) (given [][]string, released, waiting int, nodes map[string]bool) {
	nodes = map[string]bool{}
	for _, r := range records {
		switch r := r.(type) {
		case record.ClaimAllocated:
			given = append(given, r.Devices)
		case record.ClaimReleased:
			released++
		case record.PodUnschedulable:
			waiting++
		case record.PodScheduled:
			nodes[r.Node] = true
		}
	}
	return given, released, waiting, nodes
}

// Pods that share a claim share its device, on its machine, and the claim has it until the
// last of them is over.
func TestPodsShareAClaim(t *testing.T) {
	name := "x"
	spec := onGPUs(3, v1.PodResourceClaim{ResourceClaimName: &name}, step(60, cluster.Scale{Target: web, Replicas: 1}),
		step(90, cluster.Scale{Target: web, Replicas: 0}))
	records := play(t, spec, 0)
	given, released, _, nodes := claims(records)
	require.Len(t, given, 1)
	assert.Len(t, given[0], 1)
	assert.Len(t, nodes, 1)
	assert.Equal(t, 1, released)
	for _, r := range records {
		if r, is := r.(record.ClaimReleased); is {
			assert.Greater(t, r.T, at(90))
		}
	}
}

// Each pod gets devices of its own by a template. The fourth finds none on three machines,
// and those of pods that go are given to others.
func TestEachPodHasItsOwnDevices(t *testing.T) {
	name := "x"
	spec := onGPUs(4, v1.PodResourceClaim{ResourceClaimTemplateName: &name})
	given, released, waiting, nodes := claims(play(t, spec, 0))
	assert.Len(t, given, 3)
	assert.Len(t, nodes, 3)
	assert.Zero(t, released)
	assert.Equal(t, 1, waiting)

	spec = onGPUs(4, v1.PodResourceClaim{ResourceClaimTemplateName: &name},
		step(60, cluster.PodKill{Target: web, Count: 4}))
	given, released, _, _ = claims(play(t, spec, 0))
	require.Len(t, given, 6)
	for _, again := range given[3:] {
		assert.Contains(t, given[:3], again)
	}
	assert.Equal(t, 3, released)
}
