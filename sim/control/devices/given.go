package devices

import (
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/dynamic-resource-allocation/resourceclaim"
)

// Claims are those that a pod names, with whether each request of it is a container's.
// find is nil for a claim that is not there.
type Claims func(namespace, name string) *resourcev1.ResourceClaim

// Given are the GPUs of its machine, by number, that a container has by claims; claims is
// false for a container that claims nothing.
func Given(pod *v1.Pod, container string, find Claims) (gpus []int, claims bool) {
	c := containerOf(pod, container)
	if c == nil {
		return nil, false
	}
	for _, r := range c.Resources.Claims {
		claims = true
		for i := range pod.Spec.ResourceClaims {
			entry := &pod.Spec.ResourceClaims[i]
			if name, _, err := resourceclaim.Name(pod, entry); entry.Name == r.Name && err == nil && name != nil {
				gpus = append(gpus, of(find(pod.Namespace, *name), r.Request)...)
			}
		}
	}
	if e := pod.Status.ExtendedResourceClaimStatus; e != nil {
		for _, m := range e.RequestMappings {
			if m.ContainerName == container {
				claims = true
				gpus = append(gpus, of(find(pod.Namespace, e.ResourceClaimName), m.RequestName)...)
			}
		}
	}
	return gpus, claims
}

func containerOf(pod *v1.Pod, name string) *v1.Container {
	for _, list := range [][]v1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// of are the GPUs of a request of a claim, of all its requests for "".
func of(claim *resourcev1.ResourceClaim, request string) (gpus []int) {
	if claim == nil || claim.Status.Allocation == nil {
		return nil
	}
	for _, r := range claim.Status.Allocation.Devices.Results {
		if request != "" && resourceclaim.BaseRequestRef(r.Request) != request || r.AdminAccess != nil && *r.AdminAccess {
			continue
		}
		if n, is := Number(r.Driver, r.Device); is {
			gpus = append(gpus, n)
		}
	}
	return gpus
}

// Number is which GPU of its machine a device of NVIDIA's driver is, or is a part of
// (CanonicalName: gpu-3, gpu-3-mig-19-0-1).
func Number(driver, device string) (int, bool) {
	rest, is := strings.CutPrefix(device, "gpu-")
	if driver != Driver || !is {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "-")
	n, err := strconv.Atoi(number)
	return n, err == nil && n >= 0
}

// GPUs are the machines of the whole GPUs that a claim has, one for each: a machine's pool
// of devices has its name.
func GPUs(claim *resourcev1.ResourceClaim) (machines []string) {
	if claim.Status.Allocation == nil {
		return nil
	}
	for _, r := range claim.Status.Allocation.Devices.Results {
		_, is := Number(r.Driver, r.Device)
		if is && !strings.Contains(r.Device, "-mig-") && (r.AdminAccess == nil || !*r.AdminAccess) {
			machines = append(machines, r.Pool)
		}
	}
	return machines
}
