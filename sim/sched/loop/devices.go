package loop

import (
	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// claimDevices sends what the claims of a pod need, so many requests, and binds it then.
// The plugin makes them all with the last one: before, a claim has got a finalizer, which
// nobody looks at, and its devices are in flight.
func (s *Scheduler) claimDevices(p *apiserver.Pod, r sched.Result, calls int) {
	if calls == 0 {
		s.client.WriteIn(s.bindTime, func(sim.Time) { s.bind(p, r.Node) }, func(sim.Time) {})
		return
	}
	var err error
	s.client.Write(func(sim.Time) {
		if calls == 1 && !p.Gone() {
			err = s.upstream.ClaimDevices(p.Object())
		}
	}, func(sim.Time) {
		if err != nil {
			s.notBound(p, s.upstream.DevicesFailed(p.Object(), err))
			return
		}
		s.claimDevices(p, r, calls-1)
	})
}

// claims is the API server for the claims that the scheduler writes.
type claims struct{ *Scheduler }

func (c claims) find(namespace, name string) (*resourcev1.ResourceClaim, error) {
	claim, known := apiserver.Find[*resourcev1.ResourceClaim](c.Store, namespace, name)
	if !known {
		return nil, c.Missing("ResourceClaim", name)
	}
	return claim, nil
}

// Create implements sched.Claims.
func (c claims) Create(o *resourcev1.ResourceClaim) (*resourcev1.ResourceClaim, error) {
	workload := ""
	if ref := metav1.GetControllerOf(o); ref != nil {
		if p := c.Pod(o.Namespace, ref.Name); p != nil {
			workload = p.Workload
		}
	}
	o.ResourceVersion = ""
	o.Name = c.Names("claims of "+workload, o.Namespace).Next(o.GenerateName)
	return o, c.Store.Create(o, apiserver.Request{Workload: workload})
}

// Update implements sched.Claims.
func (c claims) Update(o *resourcev1.ResourceClaim) error {
	old, err := c.find(o.Namespace, o.Name)
	if err != nil {
		return err
	}
	next := old.DeepCopy()
	next.Finalizers = o.Finalizers
	return c.Replace(old, next)
}

// UpdateStatus implements sched.Claims. The time of an allocation is the simulated one.
func (c claims) UpdateStatus(o *resourcev1.ResourceClaim) error {
	old, err := c.find(o.Namespace, o.Name)
	if err != nil {
		return err
	}
	next := old.DeepCopy()
	o.Status.DeepCopyInto(&next.Status)
	if a := next.Status.Allocation; a != nil {
		now := metav1.NewTime(c.WallNow())
		a.AllocationTimestamp = &now
		if before := old.Status.Allocation; before != nil {
			a.AllocationTimestamp = before.AllocationTimestamp
		}
	}
	return c.Store.UpdateStatus(old, next)
}

// Unreserve implements sched.Claims.
func (c claims) Unreserve(claim types.NamespacedName, pod types.UID) {
	c.client.Write(func(sim.Time) {
		old, err := c.find(claim.Namespace, claim.Name)
		if err != nil {
			return
		}
		next := old.DeepCopy()
		next.Status.ReservedFor = nil
		for _, r := range old.Status.ReservedFor {
			if r.UID != pod {
				next.Status.ReservedFor = append(next.Status.ReservedFor, r)
			}
		}
		c.Fail(c.Store.UpdateStatus(old, next))
	}, func(sim.Time) {})
}

// Delete implements sched.Claims.
func (c claims) Delete(claim types.NamespacedName) {
	c.client.Write(func(sim.Time) {
		if o, err := c.find(claim.Namespace, claim.Name); err == nil {
			c.Store.Delete(o, record.Deleted)
		}
	}, func(sim.Time) {})
}

// Extended implements sched.Claims.
func (c claims) Extended(pod types.NamespacedName, status *v1.PodExtendedResourceClaimStatus) {
	if p := c.Pod(pod.Namespace, pod.Name); p != nil {
		p.Write(apiserver.Nobody, func(next *v1.Pod) { next.Status.ExtendedResourceClaimStatus = status })
	}
}
