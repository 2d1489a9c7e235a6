package sched

import (
	"context"
	"encoding/json"
	"errors"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/dynamic-resource-allocation/resourceclaim"
	v1helper "k8s.io/kubernetes/pkg/apis/core/v1/helper"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// Claims is the API server for claims of devices. Upstream's DynamicResources writes them
// while it decides and before a pod is bound. Each write is carried out when it is called,
// and the scheduler is told of it before the call returns.
type Claims interface {
	// Create stores a new claim and names it.
	Create(*resourcev1.ResourceClaim) (*resourcev1.ResourceClaim, error)
	// Update writes the metadata of a claim, UpdateStatus its status.
	Update(*resourcev1.ResourceClaim) error
	UpdateStatus(*resourcev1.ResourceClaim) error
	// Unreserve takes a pod out of the reservations of a claim, Delete a claim out of the
	// API. Nobody waits for the two.
	Unreserve(claim types.NamespacedName, pod types.UID)
	Delete(claim types.NamespacedName)
	// Extended says which claim stands for the extended resources of a pod.
	Extended(pod types.NamespacedName, status *v1.PodExtendedResourceClaimStatus)
}

// SetClaims sets where claims of devices are written.
func (s *Scheduler) SetClaims(c Claims) { s.effects.claims = c }

var errNoClaims = errors.New("no API server for claims of devices in virtual time")

// storedClaim is a claim as the scheduler sees it, nil when there is none.
func (s *informerSet) storedClaim(namespace, name string) *resourcev1.ResourceClaim {
	key := &resourcev1.ResourceClaim{}
	key.Namespace, key.Name = namespace, name
	claim, _ := s.of(key).stored(key).(*resourcev1.ResourceClaim)
	return claim
}

// claimed takes a call about claims of devices.
func (e *effects) claimed(action clienttesting.Action) (runtime.Object, error) {
	if e.claims == nil {
		return nil, errNoClaims
	}
	switch a := action.(type) {
	case clienttesting.CreateActionImpl:
		made, err := e.claims.Create(a.Object.(*resourcev1.ResourceClaim).DeepCopy())
		if err != nil {
			return nil, err
		}
		return e.seen(made.Namespace, made.Name)
	case clienttesting.GetActionImpl:
		return e.seen(a.Namespace, a.Name)
	case clienttesting.UpdateActionImpl:
		return e.updatedClaim(a)
	case clienttesting.PatchActionImpl:
		if uid := unreserved(a.Patch); uid != "" {
			e.claims.Unreserve(types.NamespacedName{Namespace: a.Namespace, Name: a.Name}, uid)
		}
		return e.seen(a.Namespace, a.Name)
	case clienttesting.DeleteActionImpl:
		e.claims.Delete(types.NamespacedName{Namespace: a.Namespace, Name: a.Name})
		return nil, nil
	}
	return nil, errNoClaims
}

// seen is a copy of a claim as it is stored.
func (e *effects) seen(namespace, name string) (runtime.Object, error) {
	claim := e.informers.storedClaim(namespace, name)
	if claim == nil {
		return nil, apierrors.NewNotFound(resourcev1.Resource("resourceclaims"), name)
	}
	return claim.DeepCopy(), nil
}

// updatedClaim is a conflict when the plugin has not seen the claim as it is stored: it
// reads it again then, and tries once more.
func (e *effects) updatedClaim(a clienttesting.UpdateActionImpl) (runtime.Object, error) {
	next := a.Object.(*resourcev1.ResourceClaim)
	now := e.informers.storedClaim(next.Namespace, next.Name)
	switch {
	case now == nil || now.UID != next.UID:
		return nil, apierrors.NewNotFound(resourcev1.Resource("resourceclaims"), next.Name)
	case now.ResourceVersion != next.ResourceVersion:
		return nil, apierrors.NewConflict(resourcev1.Resource("resourceclaims"), next.Name,
			errors.New("the object has been modified; please apply your changes to the latest version and try again"))
	}
	write := e.claims.Update
	if a.Subresource == "status" {
		write = e.claims.UpdateStatus
	}
	if err := write(next.DeepCopy()); err != nil {
		return nil, err
	}
	return e.seen(next.Namespace, next.Name)
}

// unreserved is the pod that a patch takes out of a claim's reservations, "" for none.
func unreserved(patch []byte) types.UID {
	var p struct {
		Status struct {
			ReservedFor []struct {
				Patch string    `json:"$patch"`
				UID   types.UID `json:"uid"`
			} `json:"reservedFor"`
		} `json:"status"`
	}
	if err := json.Unmarshal(patch, &p); err != nil || len(p.Status.ReservedFor) != 1 {
		return ""
	}
	return p.Status.ReservedFor[0].UID
}

// claimCalls is how many requests DynamicResources sends before a pod is bound: for a
// claim that is allocated for it a finalizer and the status, for one that others have
// already its reservation, and for extended resources one more claim and the pod's status
// (dynamicresources.go, bindClaim).
func (s *Scheduler) claimCalls(pod *v1.Pod, node string) (calls int) {
	for i := range pod.Spec.ResourceClaims {
		name, _, err := resourceclaim.Name(pod, &pod.Spec.ResourceClaims[i])
		if err != nil || name == nil {
			continue
		}
		claim := s.informers.storedClaim(pod.Namespace, *name)
		switch {
		case claim == nil || resourceclaim.IsReservedForPod(pod, claim, false):
		case claim.Status.Allocation == nil:
			calls += 2
		default:
			calls++
		}
	}
	if s.extended(pod, node) {
		calls += 4
	}
	return calls
}

// extended reports whether extended resources of a pod come from devices on a node.
func (s *Scheduler) extended(pod *v1.Pod, node string) bool {
	wanted := s.mapped(pod)
	if wanted.Len() == 0 {
		return false
	}
	host, err := s.informers.Core().V1().Nodes().Lister().Get(node)
	if err != nil {
		return false
	}
	for r := range wanted {
		if q := host.Status.Allocatable[r]; !q.IsZero() {
			wanted.Delete(r)
		}
	}
	return wanted.Len() > 0
}

// mapped are the extended resources of a pod that a DeviceClass stands for.
func (s *Scheduler) mapped(pod *v1.Pod) sets.Set[v1.ResourceName] {
	wanted := sets.New[v1.ResourceName]()
	if len(s.informers.of(&resourcev1.DeviceClass{}).GetIndexer().ListKeys()) == 0 {
		return wanted
	}
	for _, list := range [][]v1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			for r, q := range list[i].Resources.Requests {
				if !q.IsZero() && v1helper.IsExtendedResourceName(r) && s.classFor(r) {
					wanted.Insert(r)
				}
			}
		}
	}
	return wanted
}

// classFor reports whether a DeviceClass stands for an extended resource.
func (s *Scheduler) classFor(r v1.ResourceName) bool {
	for _, o := range s.informers.of(&resourcev1.DeviceClass{}).GetIndexer().List() {
		class := o.(*resourcev1.DeviceClass)
		if class.Spec.ExtendedResourceName != nil && *class.Spec.ExtendedResourceName == string(r) ||
			resourcev1.ResourceDeviceClassPrefix+class.Name == string(r) {
			return true
		}
	}
	return false
}

// ClaimDevices has DynamicResources write the claims of a pod that ScheduleOne placed. An
// error says why the pod can't be bound. It does nothing for a pod that isn't being bound.
func (s *Scheduler) ClaimDevices(p *v1.Pod) error {
	s.begin(false)
	b := s.binding[p.UID]
	if b == nil {
		return nil
	}
	others := namesOf(b.profile.ListPlugins().PreBind)
	others.Delete(names.DynamicResources)
	b.state.SetSkipPreBindPlugins(others)
	b.state.SetParallelPreBindPlugins(sets.New[string]())
	// It would wait by the wall clock for devices with binding conditions, which a context
	// that has ended spares it.
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	return b.profile.RunPreBindPlugins(ctx, b.state, b.assumed.Pod, b.node).AsError()
}

// DevicesFailed is BindFailed of a pod whose claims were not written, for a reason.
func (s *Scheduler) DevicesFailed(p *v1.Pod, why error) Result { return s.bindFailed(p, why) }

// Missing is why a pod is not even tried: a claim of devices that is not there. "" of one
// that lacks none, and of one whose claims are about to be made.
func (s *Scheduler) Missing(p *v1.Pod) string {
	profile := s.profiles[p.Spec.SchedulerName]
	if profile == nil || len(p.Spec.ResourceClaims) == 0 {
		return ""
	}
	for i := range p.Spec.ResourceClaims {
		if _, _, err := resourceclaim.Name(p, &p.Spec.ResourceClaims[i]); err != nil {
			return ""
		}
	}
	for _, pl := range profile.PreEnqueuePlugins() {
		if pl.Name() == names.DynamicResources {
			return pl.PreEnqueue(s.ctx, p).Message()
		}
	}
	return ""
}

// claimsOfCopy makes the claims of a copy of a pod that are made from templates, for the
// scheduler alone, and names them in its status. forget takes them away again.
func (s *Scheduler) claimsOfCopy(pod *v1.Pod) (forget func()) {
	var made []*resourcev1.ResourceClaim
	informer, controls := s.informers.of(&resourcev1.ResourceClaim{}), true
	for _, entry := range pod.Spec.ResourceClaims {
		if entry.ResourceClaimTemplateName == nil {
			continue
		}
		key := &resourcev1.ResourceClaimTemplate{}
		key.Namespace, key.Name = pod.Namespace, *entry.ResourceClaimTemplateName
		template, there := s.informers.of(key).stored(key).(*resourcev1.ResourceClaimTemplate)
		if !there {
			continue
		}
		claim := &resourcev1.ResourceClaim{Spec: *template.Spec.Spec.DeepCopy()}
		claim.Namespace, claim.Name = pod.Namespace, pod.Name+"/"+entry.Name
		claim.UID = types.UID(claim.Name)
		claim.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID,
			Controller: &controls}}
		claim = s.versioned(claim).(*resourcev1.ResourceClaim)
		informer.add(claim, claim)
		made = append(made, claim)
		pod.Status.ResourceClaimStatuses = append(pod.Status.ResourceClaimStatuses,
			v1.PodResourceClaimStatus{Name: entry.Name, ResourceClaimName: &claim.Name})
	}
	return func() {
		for _, claim := range made {
			informer.remove(claim, claim)
		}
	}
}
