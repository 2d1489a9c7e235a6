// Package cgroups is what the cgroup of a container is set to by the resources of its
// container and of its pod. Followed, of k8s.io/kubernetes v1.37.2:
// pkg/kubelet/kuberuntime/kuberuntime_container_linux.go.
package cgroups

import (
	v1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kube-rehearse/rehearse/sim/cpu"
)

// MemoryLimit is that of the container's cgroup: without one of its own, its pod's
// (kuberuntime_container_linux.go, getMemoryLimit).
func MemoryLimit(pod *v1.Pod, c *v1.Container) int64 {
	if own := c.Resources.Limits.Memory(); !own.IsZero() || pod.Spec.Resources == nil {
		return own.Value()
	}
	return pod.Spec.Resources.Limits.Memory().Value()
}

// CPULimit is that of the container's cgroup, in thousandths of a core, in the same way
// (getCPULimit).
func CPULimit(pod *v1.Pod, c *v1.Container) int64 {
	if own := c.Resources.Limits.Cpu(); !own.IsZero() || pod.Spec.Resources == nil {
		return own.MilliValue()
	}
	return pod.Spec.Resources.Limits.Cpu().MilliValue()
}

// CPURequest is what the weight of the container's cgroup is made of, in thousandths of a
// core: its request, else its limit (calculateLinuxResources). The weight of a pod that
// requests CPU itself is divided among its containers as their own cgroups would do it.
func CPURequest(pod *v1.Pod, c *v1.Container) int64 {
	own := func(c *v1.Container) int64 {
		if q, given := c.Resources.Requests[v1.ResourceCPU]; given {
			return q.MilliValue()
		}
		return CPULimit(pod, c)
	}
	if pod.Spec.Resources == nil || pod.Spec.Resources.Requests.Cpu().IsZero() {
		return own(c)
	}
	all := int64(0)
	for i := range pod.Spec.Containers {
		all += cpu.Shares(own(&pod.Spec.Containers[i]))
	}
	for i := range pod.Spec.InitContainers {
		if o := &pod.Spec.InitContainers[i]; o.RestartPolicy != nil {
			all += cpu.Shares(own(o))
		}
	}
	requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
	share := cpu.Shares(own(c))
	return requests.Cpu().MilliValue() * share / max(all, share)
}
