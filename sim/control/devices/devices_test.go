package devices

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/resource"
	"k8s.io/kubernetes/pkg/apis/resource/validation"

	_ "k8s.io/kubernetes/pkg/apis/resource/install"
)

func machine(gpus int, product string) *v1.Node {
	n := &v1.Node{}
	n.Name = "gpu-node-with-a-name-of-some-length.eu-central-1.compute.internal"
	n.Labels = map[string]string{CountLabel: fmt.Sprint(gpus), productLabel: product, memoryLabel: "81559"}
	return n
}

// What is published is what the API server takes, of each GPU, however many there are.
func TestSlicesAreValid(t *testing.T) {
	for _, c := range append(chips, unknown) {
		for _, gpus := range []int{1, 8, 128, 129, 5000} {
			n := machine(gpus, "NVIDIA-"+c.name)
			n.UID = "u"
			devices, total := map[string]bool{}, 0
			for _, s := range Slices(n) {
				internal := &resource.ResourceSlice{}
				assert.NoError(t, legacyscheme.Scheme.Convert(runtime.Object(s), internal, nil))
				assert.Empty(t, validation.ValidateResourceSlice(internal), c.name)
				for _, d := range s.Spec.Devices {
					devices[d.Name] = true
					total++
				}
			}
			assert.Len(t, devices, min(gpus, mostGPUs))
			assert.Equal(t, len(devices), total)
		}
	}
	assert.Empty(t, Slices(machine(0, "")))
	assert.Empty(t, Slices(&v1.Node{}))
}

func TestGPUsAreWhatTheyAre(t *testing.T) {
	d := Slices(machine(2, "NVIDIA-H100-80GB-HBM3"))[0].Spec.Devices[1]
	assert.Equal(t, "gpu-1", d.Name)
	assert.Equal(t, "NVIDIA H100 80GB HBM3", *d.Attributes["productName"].StringValue)
	assert.Equal(t, "Hopper", *d.Attributes["architecture"].StringValue)
	assert.Equal(t, "9.0.0", *d.Attributes["cudaComputeCapability"].VersionValue)
	memory := d.Capacity["memory"].Value
	assert.Equal(t, "81559Mi", memory.String())
	for product, known := range map[string]bool{"Tesla-T4": true, "NVIDIA-L40S": true, "NVIDIA-A10G": true, "MI300X": false} {
		assert.Equal(t, known, Known(product), product)
	}
}

// A container has the GPUs of the claims that it names, of one request where it names one,
// and none that others of its pod have.
func TestAContainerHasTheGPUsOfItsClaims(t *testing.T) {
	claim := func(results ...string) *resourcev1.ResourceClaim {
		c := &resourcev1.ResourceClaim{Status: resourcev1.ResourceClaimStatus{Allocation: &resourcev1.AllocationResult{}}}
		for i := 0; i < len(results); i += 2 {
			c.Status.Allocation.Devices.Results = append(c.Status.Allocation.Devices.Results,
				resourcev1.DeviceRequestAllocationResult{Driver: Driver, Request: results[i], Device: results[i+1]})
		}
		return c
	}
	claims := map[string]*resourcev1.ResourceClaim{
		"a": claim("big", "gpu-3", "small/first", "gpu-0-mig-19-2-1"), "b": claim("x", "gpu-7"), "free": {},
	}
	name := func(s string) *string { return &s }
	pod := &v1.Pod{Spec: v1.PodSpec{
		ResourceClaims: []v1.PodResourceClaim{{Name: "one", ResourceClaimName: name("a")},
			{Name: "two", ResourceClaimTemplateName: name("t")}, {Name: "three", ResourceClaimName: name("free")}},
		Containers: []v1.Container{
			{Name: "all", Resources: v1.ResourceRequirements{Claims: []v1.ResourceClaim{{Name: "one"}, {Name: "two"}}}},
			{Name: "part", Resources: v1.ResourceRequirements{Claims: []v1.ResourceClaim{{Name: "one", Request: "small"}}}},
			{Name: "none"},
			{Name: "waits", Resources: v1.ResourceRequirements{Claims: []v1.ResourceClaim{{Name: "three"}}}},
		}},
		Status: v1.PodStatus{ResourceClaimStatuses: []v1.PodResourceClaimStatus{{Name: "two", ResourceClaimName: name("b")}}}}
	find := func(_, name string) *resourcev1.ResourceClaim { return claims[name] }
	for _, c := range []struct {
		container string
		gpus      []int
		claims    bool
	}{
		{"all", []int{3, 0, 7}, true}, {"part", []int{0}, true}, {"none", nil, false}, {"waits", nil, true},
		{"missing", nil, false},
	} {
		gpus, claims := Given(pod, c.container, find)
		assert.Equal(t, c.gpus, gpus, c.container)
		assert.Equal(t, c.claims, claims, c.container)
	}
	_, is := Number("gpu.example.com", "gpu-1")
	assert.False(t, is)
}
