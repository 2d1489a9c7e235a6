package nodes

import (
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
)

func TestGPUsAreShared(t *testing.T) {
	p := Pool{Name: "gpu", Count: 1, InstanceType: "aws/g6.12xlarge", Sharing: Sharing{Replicas: 3}}
	list, err := p.Nodes()
	require.NoError(t, err)
	q := list[0].Status.Allocatable[GPUResource]
	require.Equal(t, int64(12), q.Value())
	require.Equal(t, "3", list[0].Labels[GPUReplicasLabel])

	p.Sharing = Sharing{MIG: map[string]int{"3g.20gb": 1, "2g.10gb": 2}}
	list, err = p.Nodes()
	require.NoError(t, err)
	for name, want := range map[v1.ResourceName]int64{"nvidia.com/mig-3g.20gb": 4, "nvidia.com/mig-2g.10gb": 8,
		GPUResource: 0} {
		q := list[0].Status.Capacity[name]
		require.Equal(t, want, q.Value(), name)
	}
}

func TestBadSharing(t *testing.T) {
	for want, p := range map[string]Pool{
		"gpuSharing: must be left out for machines without nvidia.com/gpu": {
			InstanceType: "aws/m7i.large", Sharing: Sharing{Replicas: 2}},
		"gpuSharing: must have one of replicas and mig": {
			InstanceType: "aws/g6.xlarge", Sharing: Sharing{Replicas: 2, MIG: map[string]int{"1g.5gb": 1}}},
		`gpuSharing.replicas: must be from 1 to 128, got 500`: {
			InstanceType: "aws/g6.xlarge", Sharing: Sharing{Replicas: 500}},
		`gpuSharing.mig: must be a profile like 1g.10gb, got "half"`: {
			InstanceType: "aws/g6.xlarge", Sharing: Sharing{MIG: map[string]int{"half": 2}}},
		`gpuSharing.mig[1g.5gb]: must be at least 1, got 0`: {
			InstanceType: "aws/g6.xlarge", Sharing: Sharing{MIG: map[string]int{"1g.5gb": 0}}},
		`gpuSharing.mig: must add up to at most 7 compute slices (the g of the profiles), got 9`: {
			InstanceType: "aws/g6.xlarge", Sharing: Sharing{MIG: map[string]int{"3g.20gb": 3}}},
	} {
		p.Name, p.Count = "gpu", 1
		_, err := p.Nodes()
		require.EqualError(t, err, want)
	}
}
