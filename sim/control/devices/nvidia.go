package devices

import (
	"fmt"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Driver is the name of NVIDIA's driver.
const Driver = "gpu.nvidia.com"

// Labels of NVIDIA's GPU feature discovery, by which a machine's GPUs are known.
const (
	CountLabel   = "nvidia.com/gpu.count"
	productLabel = "nvidia.com/gpu.product"
	memoryLabel  = "nvidia.com/gpu.memory" // in MiB
)

// The versions that the driver tells: those of a current data centre driver.
const (
	driverVersion = "580.95.5"
	cudaVersion   = "13.0.0"
)

// chip is what NVML says of a GPU.
type chip struct {
	name         string // begins the product, as GPU feature discovery writes it
	architecture string
	brand        string
	capability   string // of CUDA
}

// chips by the beginning of their product names without the maker's, the longest first
// where one begins another (developer.nvidia.com/cuda-gpus; the names of architectures and
// brands are NVML's).
var chips = []chip{
	{"T4G", "Turing", "Nvidia", "7.5.0"},
	{"T4", "Turing", "Nvidia", "7.5.0"},
	{"V100", "Volta", "Tesla", "7.0.0"},
	{"P100", "Pascal", "Tesla", "6.0.0"},
	{"P4", "Pascal", "Tesla", "6.1.0"},
	{"A100", "Ampere", "Nvidia", "8.0.0"},
	{"A30", "Ampere", "Nvidia", "8.0.0"},
	{"A10", "Ampere", "Nvidia", "8.6.0"},
	{"A40", "Ampere", "Nvidia", "8.6.0"},
	{"L40", "Ada Lovelace", "Nvidia", "8.9.0"},
	{"L4", "Ada Lovelace", "Nvidia", "8.9.0"},
	{"H100", "Hopper", "Nvidia", "9.0.0"},
	{"H200", "Hopper", "Nvidia", "9.0.0"},
	{"GH200", "Hopper", "Nvidia", "9.0.0"},
	{"B200", "Blackwell", "Nvidia", "10.0.0"},
	{"GB200", "Blackwell", "Nvidia", "10.0.0"},
	{"B300", "Blackwell", "Nvidia", "10.3.0"},
	{"RTX-PRO-6000", "Blackwell", "NvidiaRTX", "12.0.0"},
}

// unknown is taken for a GPU of which nothing but its number is known.
var unknown = chip{"", "Unknown", "Nvidia", "8.0.0"}

func chipOf(product string) chip {
	name := strings.TrimPrefix(strings.TrimPrefix(product, "NVIDIA-"), "Tesla-")
	for _, c := range chips {
		if strings.HasPrefix(name, c.name) {
			return c
		}
	}
	return unknown
}

// Known reports whether it is known what GPU a product is.
func Known(product string) bool { return chipOf(product) != unknown }

// Count is how many GPUs a machine has, by its labels.
func Count(node *v1.Node) int {
	n, err := strconv.Atoi(node.Labels[CountLabel])
	if err != nil || n < 0 {
		return 0
	}
	return min(n, mostGPUs)
}

// mostGPUs bounds what is published of one machine, and perSlice is how many devices go
// into one slice (resourcev1.ResourceSliceMaxDevices).
const (
	mostGPUs = 1024
	perSlice = resourcev1.ResourceSliceMaxDevices
)

// Slices are the ResourceSlices that NVIDIA's driver publishes for a machine, none for one
// without GPUs. Its pool has the machine's name.
func Slices(node *v1.Node) (list []*resourcev1.ResourceSlice) {
	n := Count(node)
	slices := (n + perSlice - 1) / perSlice
	for i := range slices {
		s := slice(node, i, slices)
		for k := i * perSlice; k < min(n, (i+1)*perSlice); k++ {
			s.Spec.Devices = append(s.Spec.Devices, gpu(node, k))
		}
		list = append(list, s)
	}
	return list
}

func slice(node *v1.Node, i, of int) *resourcev1.ResourceSlice {
	controls, name := true, node.Name
	return &resourcev1.ResourceSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%s-%05d", node.Name, Driver, i),
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID,
				Controller: &controls}},
		},
		Spec: resourcev1.ResourceSliceSpec{
			Driver: Driver, NodeName: &name,
			Pool: resourcev1.ResourcePool{Name: node.Name, Generation: 1, ResourceSliceCount: int64(of)},
		},
	}
}

// gpu is a whole GPU as the driver describes it (deviceinfo.go, GpuInfo.GetDevice).
func gpu(node *v1.Node, index int) resourcev1.Device {
	product := node.Labels[productLabel]
	c := chipOf(product)
	uuid := fmt.Sprintf("GPU-%08x-%s", index, node.Name)
	d := resourcev1.Device{
		Name: fmt.Sprintf("gpu-%d", index),
		Attributes: map[resourcev1.QualifiedName]resourcev1.DeviceAttribute{
			"type": text("gpu"), "uuid": text(uuid[:min(len(uuid), resourcev1.DeviceAttributeMaxValueLength)]),
			"productName": text(strings.ReplaceAll(product, "-", " ")), "brand": text(c.brand),
			"architecture": text(c.architecture), "cudaComputeCapability": version(c.capability),
			"driverVersion": version(driverVersion), "cudaDriverVersion": version(cudaVersion),
			"pcieBusID": text(fmt.Sprintf("0000:%02x:00.0", index+16)), "addressingMode": text("HMM"),
		},
	}
	if mib, err := strconv.ParseInt(node.Labels[memoryLabel], 10, 64); err == nil && mib > 0 {
		d.Capacity = map[resourcev1.QualifiedName]resourcev1.DeviceCapacity{
			"memory": {Value: *resource.NewQuantity(mib<<20, resource.BinarySI)},
		}
	}
	return d
}

func text(s string) resourcev1.DeviceAttribute { return resourcev1.DeviceAttribute{StringValue: &s} }

func version(s string) resourcev1.DeviceAttribute {
	return resourcev1.DeviceAttribute{VersionValue: &s}
}
