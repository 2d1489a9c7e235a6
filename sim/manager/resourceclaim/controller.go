package resourceclaim

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	claimhelper "k8s.io/dynamic-resource-allocation/resourceclaim"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/resourceclaim"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const claimKind = "ResourceClaim"

// Controller looks after all claims of devices.
type Controller struct {
	*manager.Parts
	manager.Controller

	claims map[types.UID]*claim
	pods   map[types.UID]*pod // that claim devices
	// Pods by the claims that they name and by the templates of claims, as namespace/name,
	// in the order they came.
	byClaim, byTemplate map[string][]*pod
}

// New returns the controller. It has to watch the store and its pods.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	c := &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		claims: map[types.UID]*claim{}, pods: map[types.UID]*pod{},
		byClaim: map[string][]*pod{}, byTemplate: map[string][]*pod{},
	}
	p.SetStrategy(claimKind, strategy{})
	p.SetStrategy("ResourceClaimTemplate", templateStrategy{})
	p.SetHold(claimKind, func(o kinds.Object) bool { return slices.Contains(o.GetFinalizers(), resourcev1.Finalizer) })
	return c
}

type (
	claim struct {
		c    *Controller
		api  *resourcev1.ResourceClaim // as it is stored, or was last
		work manager.Key
		has  bool // devices
	}
	pod struct {
		c         *Controller
		api       *apiserver.Pod
		work      manager.Key
		names     []string // of its claims, as namespace/name
		templates []string
		told      string
	}
)

// Changed implements apiserver.Watcher (enqueueResourceClaim, enqueueResourceClaimTemplate).
func (c *Controller) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *resourcev1.ResourceClaim:
		c.claimChanged(o, change.New == nil)
		for _, p := range slices.Clone(c.byClaim[kinds.KeyOf(o)]) {
			p.enqueue(false)
		}
	case *resourcev1.ResourceClaimTemplate:
		if change.New != nil {
			for _, p := range slices.Clone(c.byTemplate[kinds.KeyOf(o)]) {
				p.enqueue(false)
			}
		}
	}
}

func (c *Controller) claimChanged(o *resourcev1.ResourceClaim, gone bool) {
	k := c.claims[o.UID]
	if gone {
		if k != nil {
			k.note(nil)
			k.work.Drop()
			delete(c.claims, o.UID)
		}
		return
	}
	if k == nil {
		k = &claim{c: c}
		k.work.Init(c.Queue, k.sync)
		c.claims[o.UID] = k
	}
	k.api = o
	k.note(o.Status.Allocation)
	k.work.Add()
}

// note records that a claim has got devices, or lost them.
func (k *claim) note(a *resourcev1.AllocationResult) {
	switch {
	case a != nil && !k.has:
		r := record.ClaimAllocated{At: k.c.At(), Claim: kinds.KeyOf(k.api)}
		for _, p := range k.api.Status.ReservedFor {
			r.Pods = append(r.Pods, kinds.Key(k.api.Namespace, p.Name))
		}
		for _, d := range a.Devices.Results {
			r.Devices = append(r.Devices, d.Pool+"/"+d.Device)
		}
		k.c.Record(r)
	case a == nil && k.has:
		k.c.Record(record.ClaimReleased{At: k.c.At(), Claim: kinds.KeyOf(k.api)})
	}
	k.has = a != nil
}

// PodChanged implements apiserver.PodWatcher (enqueuePod).
func (c *Controller) PodChanged(change apiserver.PodChange) {
	o := change.Pod.Object()
	if len(o.Spec.ResourceClaims) == 0 && o.Status.ExtendedResourceClaimStatus == nil {
		return
	}
	p := c.pods[o.UID]
	if p == nil {
		p = &pod{c: c, api: change.Pod}
		p.work.Init(c.Queue, p.sync)
		c.pods[o.UID] = p
		for i := range o.Spec.ResourceClaims {
			if name := o.Spec.ResourceClaims[i].ResourceClaimTemplateName; name != nil {
				p.templates = append(p.templates, kinds.Key(o.Namespace, *name))
			}
		}
		join(c.byTemplate, p.templates, p)
	}
	if names := claimsOf(o); !slices.Equal(names, p.names) {
		leave(c.byClaim, p.names, p)
		p.names = names
		join(c.byClaim, p.names, p)
	}
	p.enqueue(change.New == nil)
	if change.New == nil {
		p.work.Drop()
		leave(c.byClaim, p.names, p)
		leave(c.byTemplate, p.templates, p)
		delete(c.pods, o.UID)
	}
}

// claimsOf are the claims of a pod that are known by name, as namespace/name.
func claimsOf(o *v1.Pod) (names []string) {
	for name := range claimhelper.PodClaims(o) {
		names = append(names, kinds.Key(o.Namespace, name))
	}
	return names
}

func join(index map[string][]*pod, keys []string, p *pod) {
	for _, key := range keys {
		if !slices.Contains(index[key], p) {
			index[key] = append(index[key], p)
		}
	}
}

func leave(index map[string][]*pod, keys []string, p *pod) {
	for _, key := range keys {
		index[key] = slices.DeleteFunc(index[key], func(other *pod) bool { return other == p })
		if len(index[key]) == 0 {
			delete(index, key)
		}
	}
}

// enqueue has the claims of a pod looked at that it does not need any more, and the pod
// if there is work for it.
func (p *pod) enqueue(gone bool) {
	c, o := p.c, p.api.Object()
	if !decide.NeedsClaims(o, gone) {
		for _, key := range p.names {
			for _, k := range c.claimAt(key) {
				k.work.Add()
			}
		}
	}
	if !gone && decide.NeedsWork(c.view(), o) {
		p.work.Add()
	}
}

// claimAt is the claim of a key, none when there is no such.
func (c *Controller) claimAt(key string) []*claim {
	if o, is := c.find(key).(*resourcev1.ResourceClaim); is && c.claims[o.UID] != nil {
		return []*claim{c.claims[o.UID]}
	}
	return nil
}
