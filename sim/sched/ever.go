package sched

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/resourceclaim"
	"k8s.io/dynamic-resource-allocation/structured"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/dynamicresources"
	plfeature "k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// Devices reports whether some machine would have the devices that a rejected pod claims if
// nobody had any: upstream's allocator is asked with all of them free. It is true of a pod
// that was rejected for something else, and where the allocator fails.
func (s *Scheduler) Devices(r *Result) bool {
	if r.Pod == nil || !slices.Contains(r.UnschedulablePlugins, names.DynamicResources) {
		return true
	}
	claims := s.freed(r.Pod)
	profile := s.profiles[r.Pod.Spec.SchedulerName]
	if len(claims) == 0 || profile == nil {
		return true
	}
	manager := profile.SharedDRAManager()
	published, err := manager.ResourceSlices().ListWithDeviceTaintRules()
	if err != nil {
		return true
	}
	features := dynamicresources.AllocatorFeatures(plfeature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate))
	nobody := structured.AllocatedState{AllocatedDevices: sets.New[structured.DeviceID](),
		AllocatedSharedDeviceIDs: sets.New[structured.SharedDeviceID](),
		AggregatedCapacity:       structured.NewConsumedCapacityCollection()}
	allocator, err := structured.NewAllocator(s.ctx, features, nobody, manager.DeviceClasses(), published,
		cel.NewCache(10, cel.Features{EnableConsumableCapacity: features.ConsumableCapacity}))
	if err != nil {
		return true
	}
	nodes, err := s.snapshot.NodeInfos().List()
	if err != nil {
		return true
	}
	for _, n := range nodes {
		found, err := allocator.Allocate(s.ctx, n.Node(), claims)
		if err != nil || len(found) == len(claims) {
			return true
		}
	}
	return false
}

// freed are the claims of a pod as if they had no devices, none when one is not there.
func (s *Scheduler) freed(pod *v1.Pod) (list []*resourcev1.ResourceClaim) {
	for i := range pod.Spec.ResourceClaims {
		name, _, err := resourceclaim.Name(pod, &pod.Spec.ResourceClaims[i])
		if err != nil || name == nil {
			return nil
		}
		claim := s.informers.storedClaim(pod.Namespace, *name)
		if claim == nil {
			return nil
		}
		claim = claim.DeepCopy()
		claim.Status = resourcev1.ResourceClaimStatus{}
		list = append(list, claim)
	}
	return list
}
