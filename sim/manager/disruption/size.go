package disruption

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// scaleOf is the size of the workload that a pod belongs to (the finders of
// pkg/controller/disruption): that of its controller or, of a ReplicaSet of a
// Deployment, the Deployment's. It is nil when nobody controls the pod.
func (c *Controller) scaleOf(o *v1.Pod) (*disruption.Scale, error) {
	owner := c.controllerOf(o)
	if owner == nil {
		return nil, nil
	}
	for above := c.controllerOf(owner); above != nil && c.Kinds.Of(above).Scale != nil; above = c.controllerOf(owner) {
		owner = above
	}
	k := c.Kinds.Of(owner)
	if k.Scale == nil {
		return nil, disruption.NoScale(k.Resource.String())
	}
	return &disruption.Scale{UID: owner.GetUID(), Replicas: **k.Scale.Replicas(owner)}, nil
}

// controllerOf is the object that controls another one, as it is or was last; nil
// when there is none.
func (c *Controller) controllerOf(o metav1.Object) kinds.Object {
	ref := metav1.GetControllerOf(o)
	if ref == nil {
		return nil
	}
	if owner := c.Get(ref.Kind, o.GetNamespace(), ref.Name); owner != nil && owner.GetUID() == ref.UID {
		return owner
	}
	return c.left[ref.UID]
}

// outlived keeps a deleted workload as long as pods of it are there, which still
// count as its pods. Upstream's controller finds no controller of theirs, and
// allows no eviction of them.
func (c *Controller) outlived(o kinds.Object) {
	if c.Kinds.Of(o).MakesPods() {
		c.left[o.GetUID()] = o
		c.forget(o.GetUID())
	} else if ref := metav1.GetControllerOf(o); ref != nil {
		c.forget(ref.UID)
	}
}

// forget drops a deleted workload when nothing is left of what it controlled.
func (c *Controller) forget(uid types.UID) {
	o, kept := c.left[uid]
	if !kept || len(c.PodsOf(uid)) > 0 || len(c.OwnedBy(uid)) > 0 {
		return
	}
	for _, other := range c.left {
		if ref := metav1.GetControllerOf(other); ref != nil && ref.UID == uid {
			return
		}
	}
	delete(c.left, uid)
	if ref := metav1.GetControllerOf(o); ref != nil {
		c.forget(ref.UID)
	}
}
