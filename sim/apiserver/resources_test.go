package apiserver

import (
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/sim/record"
)

func TestResources(t *testing.T) {
	list := v1.ResourceList{
		v1.ResourceCPU: resource.MustParse("1500m"), v1.ResourceMemory: resource.MustParse("1Gi"),
		gpuResource:                 resource.MustParse("2"),
		v1.ResourceEphemeralStorage: resource.MustParse("1Gi"), "example.com/gpu-milli": resource.MustParse("500"),
	}
	require.Equal(t, record.Resources{CPU: 1.5, Memory: 1 << 30, GPU: 2, Storage: 1 << 30,
		Extended: map[string]float64{"example.com/gpu-milli": 500}}, Resources(list))
	always := v1.ContainerRestartPolicyAlways
	pod := &v1.Pod{Spec: v1.PodSpec{
		InitContainers: []v1.Container{{Name: "side", RestartPolicy: &always}, {Name: "init"}},
		Containers:     []v1.Container{{Name: "c", Resources: v1.ResourceRequirements{Requests: list, Limits: list}}},
	}}
	sum, unlimited := MemoryLimits(pod)
	require.Equal(t, int64(1<<30), sum)
	require.Equal(t, 1, unlimited, "the sidecar, and not what runs before")
	require.Equal(t, int64(1), PodRequests(pod).Pods)
	require.InDelta(t, 1.5, PodRequests(pod).CPU, 0)
}
