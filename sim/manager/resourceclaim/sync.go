package resourceclaim

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	decide "github.com/kube-rehearse/rehearse/sim/control/resourceclaim"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// find is the claim of a key, nil when there is none.
func (c *Controller) find(key string) kinds.Object {
	namespace, name := record.SplitName(key)
	return c.Get(claimKind, namespace, name)
}

// view is what the controller sees.
func (c *Controller) view() *decide.View {
	return &decide.View{
		Claim: func(namespace, name string) *resourcev1.ResourceClaim {
			o, _ := apiserver.Find[*resourcev1.ResourceClaim](c.Store, namespace, name)
			return o
		},
		Template: func(namespace, name string) (*resourcev1.ResourceClaimTemplate, error) {
			o, known := apiserver.Find[*resourcev1.ResourceClaimTemplate](c.Store, namespace, name)
			if !known {
				return nil, apierrors.NewNotFound(resourcev1.Resource("resourceclaimtemplate"), name)
			}
			return o, nil
		},
		Pod: func(namespace, name string) *v1.Pod {
			if p := c.Pod(namespace, name); p != nil {
				return p.Object()
			}
			return nil
		},
		Owned: func(pod types.UID) []*resourcev1.ResourceClaim {
			return apiserver.Owned[*resourcev1.ResourceClaim](c.Store, pod)
		},
	}
}

// sync is syncPod.
func (p *pod) sync(now sim.Time) {
	if p.api.Gone() {
		p.work.Done(false)
		return
	}
	actions, err := decide.SyncPod(p.c.view(), p.api.Object())
	w := &writes{c: p.c, work: &p.work, pod: p, failed: err != nil, made: map[string]string{}}
	if err != nil {
		p.tell(err.Error())
		actions = append(actions, control.Event{})
	}
	w.carryOut(now, p.api.Object().UID, actions)
}

// tell records why a pod has no claim, once a reason: its Event
// FailedResourceClaimCreation.
func (p *pod) tell(message string) {
	if p.told == message {
		return
	}
	p.told = message
	p.c.Record(record.PodUnschedulable{At: p.c.At(), Pod: p.api.Key(), Reason: "FailedResourceClaimCreation",
		Message: message})
}

// sync is syncClaim.
func (k *claim) sync(now sim.Time) {
	w := &writes{c: k.c, work: &k.work}
	w.carryOut(now, k.api.UID, decide.SyncClaim(k.c.view(), k.api))
}

// writes carries out the actions of a sync. A write of a claim that somebody else has
// written meanwhile fails the sync.
type writes struct {
	c      *Controller
	work   *manager.Key
	pod    *pod
	made   map[string]string // claims that were made, by the pod's entry
	failed bool              // the sync
	broken bool              // a write
}

func (w *writes) carryOut(now sim.Time, about types.UID, actions []decide.Action) {
	seen := map[types.UID]kinds.Object{}
	for _, a := range actions {
		if o := claimIn(a); o != nil && o.UID != "" && seen[o.UID] == nil {
			seen[o.UID] = w.c.Stored(o)
		}
	}
	series := manager.Series{
		Client: w.c.Client, Key: w.work, About: about,
		Over: func() bool { return w.broken },
		Do: func(_ sim.Time, a decide.Action, next func(sim.Time)) {
			w.c.Write(func(sim.Time) { w.write(a, seen) }, next)
		},
		End: func(sim.Time) { w.work.Done(w.failed || w.broken) },
	}
	series.CarryOut(now, actions)
}

// claimIn is the claim that an action writes, nil for none that is there.
func claimIn(a decide.Action) *resourcev1.ResourceClaim {
	switch a := a.(type) {
	case decide.UpdateStatus:
		return a.Claim
	case decide.Update:
		return a.Claim
	case decide.DeleteClaim:
		return a.Claim
	}
	return nil
}

func (w *writes) write(a decide.Action, seen map[types.UID]kinds.Object) {
	switch a := a.(type) {
	case decide.CreateClaim:
		w.create(a)
	case decide.NameClaims:
		w.name(a)
	case decide.DeleteClaim:
		if o := w.c.Stored(a.Claim); o != nil {
			w.c.Store.Delete(o, record.OwnerDeleted)
		}
	default:
		next := claimIn(a)
		old := seen[next.UID]
		if _, status := a.(decide.UpdateStatus); status {
			w.broken = old == nil || w.c.UpdateStatus(old, next) != nil
		} else {
			w.broken = old == nil || w.c.Update(old, next) != nil
		}
		if !w.broken {
			seen[next.UID] = w.c.Stored(next)
			w.release(next)
		}
	}
}

// release lets a claim go that is deleted and held no more.
func (w *writes) release(o *resourcev1.ResourceClaim) {
	now, known := apiserver.Now(w.c.Store, o)
	if known && now.DeletionTimestamp != nil && !slices.Contains(now.Finalizers, resourcev1.Finalizer) {
		w.c.Store.Delete(now, record.OwnerDeleted)
	}
}

// create makes a claim of the pod.
func (w *writes) create(a decide.CreateClaim) {
	p := w.pod.api
	if p.Gone() {
		w.broken = true
		return
	}
	o := a.Claim
	o.Name = w.c.Names("claims of "+p.Workload, o.Namespace).Next(o.GenerateName)
	if err := w.c.Create(o, apiserver.Request{Workload: p.Workload}); err != nil {
		w.broken = true
		w.pod.tell("PodResourceClaim " + a.For + ": create ResourceClaim : " + err.Error())
		return
	}
	w.made[a.For] = o.Name
}

// name writes the names of the claims into the pod's status, sorted.
func (w *writes) name(a decide.NameClaims) {
	p := w.pod.api
	if p.Gone() {
		return
	}
	all := maps.Clone(a.Found)
	maps.Copy(all, w.made)
	p.Write(apiserver.Nobody, func(next *v1.Pod) {
		next.Status.ResourceClaimStatuses = nil
		for _, entry := range slices.Sorted(maps.Keys(all)) {
			name := all[entry]
			next.Status.ResourceClaimStatuses = append(next.Status.ResourceClaimStatuses,
				v1.PodResourceClaimStatus{Name: entry, ResourceClaimName: &name})
		}
	})
}
