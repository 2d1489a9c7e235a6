package apiserver

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// gpuResource is how the NVIDIA device plugin advertises devices.
const gpuResource = v1.ResourceName("nvidia.com/gpu")

// PodRequests is what the scheduler counts for a pod, overhead and init
// containers included.
func PodRequests(o *v1.Pod) record.Resources {
	r := Resources(resourcehelper.PodRequests(o, resourcehelper.PodResourcesOptions{}))
	r.Pods = 1
	return r
}

// Resources converts a list; extended resources but GPUs go by name.
func Resources(list v1.ResourceList) record.Resources {
	var r record.Resources
	for name, q := range list {
		switch name {
		case v1.ResourceCPU:
			r.CPU = Milli(q)
		case v1.ResourceMemory:
			r.Memory = q.Value()
		case v1.ResourcePods:
			r.Pods = q.Value()
		case gpuResource:
			r.GPU = q.Value()
		case v1.ResourceEphemeralStorage:
			r.Storage = q.Value()
		default:
			if r.Extended == nil {
				r.Extended = map[string]float64{}
			}
			r.Extended[string(name)] = Milli(q)
		}
	}
	return r
}

// Milli is a quantity to the thousandth.
func Milli(q resource.Quantity) float64 { return float64(q.MilliValue()) / 1000 }

// MemoryLimits sums up the limits of the containers that run at the same time,
// and counts those without one.
func MemoryLimits(o *v1.Pod) (sum int64, unlimited int) {
	add := func(c *v1.Container) {
		if q, ok := c.Resources.Limits[v1.ResourceMemory]; ok {
			sum += q.Value()
		} else {
			unlimited++
		}
	}
	for i := range o.Spec.InitContainers {
		if c := &o.Spec.InitContainers[i]; podutil.IsRestartableInitContainer(c) {
			add(c)
		}
	}
	for i := range o.Spec.Containers {
		add(&o.Spec.Containers[i])
	}
	return sum, unlimited
}
