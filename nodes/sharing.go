package nodes

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// GPU resources and the labels of NVIDIA's GPU feature discovery.
const (
	GPUResource      = v1.ResourceName("nvidia.com/gpu")
	GPUReplicasLabel = "nvidia.com/gpu.replicas"
	migPrefix        = "nvidia.com/mig-"
)

// IsGPU reports whether a resource is of GPUs: whole ones, their copies in time, or
// slices.
func IsGPU(name v1.ResourceName) bool {
	return name == GPUResource || strings.HasPrefix(string(name), migPrefix)
}

// Sharing is how the device plugin shares the GPUs of a node. At most one of
// its members is given.
type Sharing struct {
	// Replicas is the device plugin's sharing.timeSlicing.resources[].replicas:
	// each GPU is advertised so many times.
	Replicas int
	// MIG is how many slices of each profile every GPU is cut into, e.g.
	// 1g.10gb: 7, with the plugin's mixed strategy: nvidia.com/mig-1g.10gb.
	MIG map[string]int
}

var migProfile = regexp.MustCompile(`^([1-7])g\.(\d{1,3})gb$`)

// validate lists the faults; gpus is what the machine has.
func (s Sharing) validate(gpus int64) field.ErrorList {
	var faults field.ErrorList
	at := field.NewPath("gpuSharing")
	if s.Replicas == 0 && len(s.MIG) == 0 {
		return nil
	}
	if gpus == 0 {
		faults = append(faults, field.Forbidden(at, "must be left out for machines without nvidia.com/gpu"))
	}
	if s.Replicas != 0 && len(s.MIG) > 0 {
		faults = append(faults, field.Forbidden(at, "must have one of replicas and mig"))
	}
	if s.Replicas < 0 || s.Replicas > 128 {
		faults = append(faults, field.Invalid(at.Child("replicas"), s.Replicas, "must be from 1 to 128"))
	}
	compute := 0
	for _, name := range slices.Sorted(maps.Keys(s.MIG)) {
		m := migProfile.FindStringSubmatch(name)
		if m == nil {
			faults = append(faults, field.Invalid(at.Child("mig"), name, "must be a profile like 1g.10gb"))
			continue
		}
		if s.MIG[name] < 1 {
			faults = append(faults, field.Invalid(at.Child("mig").Key(name), s.MIG[name], "must be at least 1"))
		}
		slices, _ := strconv.Atoi(m[1])
		compute += slices * s.MIG[name]
	}
	if compute > 7 {
		faults = append(faults,
			field.Invalid(at.Child("mig"), compute, "must add up to at most 7 compute slices (the g of the profiles)"))
	}
	return faults
}

// apply changes what a node advertises.
func (s Sharing) apply(n *v1.Node) {
	for _, list := range []v1.ResourceList{n.Status.Capacity, n.Status.Allocatable} {
		q, has := list[GPUResource]
		if !has {
			continue
		}
		switch {
		case s.Replicas > 1:
			list[GPUResource] = *resource.NewQuantity(q.Value()*int64(s.Replicas), resource.DecimalSI)
		case len(s.MIG) > 0:
			delete(list, GPUResource)
			for profile, count := range s.MIG {
				list[v1.ResourceName(migPrefix+profile)] = *resource.NewQuantity(q.Value()*int64(count), resource.DecimalSI)
			}
		}
	}
	if s.Replicas > 1 {
		n.Labels[GPUReplicasLabel] = fmt.Sprint(s.Replicas)
	}
}
