package nodes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestParsePoolForms(t *testing.T) {
	for text, want := range map[string]Pool{
		"3xaws/g5.xlarge": {Name: "g5-xlarge", Count: 3, InstanceType: "aws/g5.xlarge"},
		"0xg5.xlarge":     {Name: "g5-xlarge", InstanceType: "aws/g5.xlarge"},
		"g5.xlarge":       {Name: "g5-xlarge", Count: 1, InstanceType: "aws/g5.xlarge"},
		"gpu=2xG5.XLARGE": {Name: "gpu", Count: 2, InstanceType: "aws/g5.xlarge"},
		"Standard_D4s_v5": {Name: "standard-d4s-v5", Count: 1, InstanceType: "azure/Standard_D4s_v5"},
		"2xcpu=4,memory=16Gi": {Name: "nodes", Count: 2, Capacity: v1.ResourceList{"cpu": resource.MustParse("4"),
			"memory": resource.MustParse("16Gi")}},
		"big=cpu=4,memory=16Gi,nvidia.com/gpu=1": {Name: "big", Count: 1,
			Capacity: v1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("16Gi"),
				GPU: resource.MustParse("1")}},
	} {
		p, err := ParsePool(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, p, text)
	}
	for text, want := range map[string]string{
		"":                                "must be an instance type",
		"3xaws/g5.xlrge":                  "did you mean aws/g5.xlarge?",
		"100001xg5.xlarge":                "count: must be from 0 to 100000, got 100001",
		"cpu=4":                           "must be given for plain machines",
		"2xcpu=four,memory=1":             "must be like 3xaws/m7i.large",
		"999999999999999999999xg5.xlarge": "must be like",
	} {
		_, err := ParsePool(text)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestNodesOfAPool(t *testing.T) {
	list, err := Pool{Name: "gpu", Count: 3, InstanceType: "aws/g5.xlarge", Zones: []string{"a", "b"},
		Labels: map[string]string{"team": "x"},
		Taints: []v1.Taint{{Key: "nvidia.com/gpu", Effect: v1.TaintEffectNoSchedule}}}.Nodes()
	require.NoError(t, err)
	require.Len(t, list, 3)
	for i, zone := range []string{"a", "b", "a"} {
		n := list[i]
		assert.Equal(t, zone, n.Labels[v1.LabelTopologyZone])
		assert.Equal(t, n.Name, n.Labels[v1.LabelHostname])
		assert.Equal(t, "g5.xlarge", n.Labels[v1.LabelInstanceTypeStable])
		assert.Equal(t, "NVIDIA-A10G", n.Labels["nvidia.com/gpu.product"])
		assert.Equal(t, "x", n.Labels["team"])
		gpus := n.Status.Allocatable[GPU]
		assert.Equal(t, int64(1), gpus.Value())
		assert.Equal(t, "gpu", PoolOf(n))
		shape, known := ShapeOf(n)
		assert.True(t, known)
		assert.InDelta(t, 1.006, shape.USDPerHour, 1e-9)
	}
	assert.Equal(t, []string{"gpu-0", "gpu-1", "gpu-2"}, []string{list[0].Name, list[1].Name, list[2].Name})
}

// A node that is Ready loses the taints of its life cycle, others keep theirs.
func TestImportKeepsWhatMatters(t *testing.T) {
	taints := []v1.Taint{{Key: "node.kubernetes.io/not-ready", Effect: v1.TaintEffectNoSchedule},
		{Key: "dedicated", Value: "gpu", Effect: v1.TaintEffectNoSchedule}}
	o := &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{"eks.amazonaws.com/nodegroup": "ng"},
			ManagedFields: []metav1.ManagedFieldsEntry{{}}},
		Spec: v1.NodeSpec{Taints: taints, Unschedulable: true},
		Status: v1.NodeStatus{
			Capacity:    v1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("8Gi")},
			Allocatable: v1.ResourceList{"cpu": resource.MustParse("3900m")},
			Conditions:  []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue}},
		},
	}
	n, faults := Import(o)
	require.Empty(t, faults)
	assert.Equal(t, taints[1:], n.Spec.Taints)
	assert.True(t, n.Spec.Unschedulable)
	assert.Empty(t, n.ManagedFields)
	assert.Equal(t, "ng", PoolOf(n))
	assert.Equal(t, "8Gi", n.Status.Allocatable.Memory().String())
	assert.Equal(t, int64(110), n.Status.Allocatable.Pods().Value())

	o.Status.Conditions[0].Status = v1.ConditionUnknown
	n, _ = Import(o)
	assert.Len(t, n.Spec.Taints, 2)

	o.Status.Allocatable["cpu"] = resource.MustParse("5")
	o.Status.Capacity["memory"] = resource.MustParse("-1")
	_, faults = Import(o)
	require.Len(t, faults, 2)
	assert.Equal(t, "status.capacity[memory]", faults[0].Field)
	assert.Equal(t, "status.allocatable[cpu]", faults[1].Field)
}

func FuzzParsePool(f *testing.F) {
	for _, s := range []string{"3xaws/g5.xlarge", "gpu=2xg5.xlarge", "2xcpu=4,memory=16Gi", "x", "=", "1x=", "a=b=c",
		"x=1xcpu=1,memory=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePool(text)
		if err != nil || p.Count > 100 {
			return
		}
		list, err := p.Nodes()
		if err != nil || len(list) != p.Count {
			t.Fatalf("%q parses, but makes %d nodes: %v", text, len(list), err)
		}
	})
}

// The short form takes labels, taints and zones.
func TestShortFormWithLabelsAndTaints(t *testing.T) {
	p, err := ParsePool("gpu=2xaws/g5.xlarge,label=team=search,taint=nvidia.com/gpu=present:NoSchedule,zone=a,zone=b")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "search"}, p.Labels)
	assert.Equal(t, []v1.Taint{{Key: "nvidia.com/gpu", Value: "present", Effect: v1.TaintEffectNoSchedule}}, p.Taints)
	assert.Equal(t, []string{"a", "b"}, p.Zones)
	assert.Equal(t, 2, p.Count)
	p, err = ParsePool("3xcpu=4,memory=16Gi,taint=edge:NoExecute")
	require.NoError(t, err)
	assert.Equal(t, "nodes", p.Name)
	assert.Len(t, p.Capacity, 2)
	for text, message := range map[string]string{
		"1xcpu=4,memory=1Gi,label=a":             `must have labels like label=team=search, got "label=a"`,
		"1xcpu=4,memory=1Gi,taint=a=b":           `must have taints like taint=dedicated=gpu:NoSchedule, got "taint=a=b"`,
		"1xcpu=4,memory=1Gi,taint=a:NoSchedule-": `must have taints like taint=dedicated=gpu:NoSchedule, got "taint=a:NoSchedule-"`,
		"1xcpu=4,memory=1Gi,zone=":               `must have zones like zone=eu-west-1a, got "zone="`,
	} {
		_, err := ParsePool(text)
		assert.EqualError(t, err, message)
	}
	_, err = ParsePool("1xcpu=4,memory=1Gi,label=a b=c")
	assert.ErrorContains(t, err, "labels[a b]")
}
