package nodes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// What real nodes advertise: EKS with disks of 20 and 80 GiB, GKE with 100 GB, AKS with
// 128 GiB.
func TestStorageAsRealNodesAdvertiseIt(t *testing.T) {
	for _, c := range []struct {
		provider            string
		disk                int64 // GiB
		capacity, remaining int64 // KiB, bytes
		slack               float64
	}{
		{"aws", 20, 20959212, 18242267924, 1}, {"aws", 80, 83873772, 76224326324, 1},
		{"gcp", 100, 98868448, 47093746742, 1e6}, {"azure", 128, 129886128, 119703055367, 1e7},
	} {
		capacity, allocatable := storage(c.provider, c.disk*gib)
		assert.InDelta(t, c.capacity<<10, capacity, max(c.slack, 1), c.provider)
		assert.InDelta(t, c.remaining, allocatable, max(c.slack, 64), c.provider)
	}
}

func TestEveryMachineHasStorage(t *testing.T) {
	of := func(p Pool) (capacity, allocatable int64) {
		p.Name, p.Count = "n", 1
		list, err := p.Nodes()
		require.NoError(t, err)
		return list[0].Status.Capacity.StorageEphemeral().Value(), list[0].Status.Allocatable.StorageEphemeral().Value()
	}
	cpu := v1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("8Gi")}
	capacity, allocatable := of(Pool{Capacity: cpu})
	assert.Equal(t, plainDisk, capacity)
	assert.InDelta(t, 0.9*float64(plainDisk), allocatable, 1e4)

	disk := v1.ResourceList{"ephemeral-storage": resource.MustParse("80Gi")}
	_, allocatable = of(Pool{InstanceType: "aws/m7i.xlarge", Capacity: disk})
	assert.InDelta(t, 76224326324, allocatable, 64, "a given capacity is the size of the disk")
	_, allocatable = of(Pool{InstanceType: "aws/m7i.xlarge", Capacity: disk, Allocatable: disk})
	assert.Equal(t, 80*gib, allocatable, "what is given of both is taken as it is")

	n, faults := Import(&v1.Node{Status: v1.NodeStatus{Capacity: cpu}})
	require.Empty(t, faults)
	assert.Positive(t, n.Status.Allocatable.StorageEphemeral().Value())
}

func TestLabelsOfGPUsAreThoseOfRealNodes(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"aws/g6e.xlarge": {"nvidia.com/gpu.product": "NVIDIA-L40S", "nvidia.com/gpu.present": "true",
			"nvidia.com/gpu.memory": "46068", "karpenter.k8s.aws/instance-gpu-name": "l40s",
			"karpenter.k8s.aws/instance-family": "g6e", "karpenter.k8s.aws/instance-category": "g"},
		"aws/g6e.16xlarge":  {"nvidia.com/gpu.product": "NVIDIA-L40S"},
		"aws/p5en.48xlarge": {"nvidia.com/gpu.product": "NVIDIA-H200", "nvidia.com/gpu.count": "8"},
		"gcp/g2-standard-4": {"nvidia.com/gpu.product": "NVIDIA-L4", "cloud.google.com/gke-accelerator": "nvidia-l4"},
		"gcp/a2-ultragpu-1g": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB",
			"cloud.google.com/gke-accelerator": "nvidia-a100-80gb"},
		"azure/Standard_NC4as_T4_v3": {"nvidia.com/gpu.product": "Tesla-T4", "kubernetes.azure.com/accelerator": "nvidia"},
	} {
		list, err := Pool{Name: "n", Count: 1, InstanceType: name}.Nodes()
		require.NoError(t, err)
		for label, value := range want {
			assert.Equal(t, value, list[0].Labels[label], "%s %s", name, label)
		}
	}
}

// Every type of EC2 has a price and, but for families that are newer than the table, a
// GPU with a name.
func TestTypesHavePricesAndNames(t *testing.T) {
	unpriced, unnamed := 0, map[string]bool{}
	for _, s := range Catalogue() {
		if s.Provider == "aws" && s.USDPerHour == 0 {
			unpriced++
		}
		if s.GPU == "NVIDIA" {
			unnamed[s.Type[:2]] = true
		}
	}
	assert.Less(t, unpriced, 60)
	assert.Equal(t, map[string]bool{"g7": true}, unnamed)
}
