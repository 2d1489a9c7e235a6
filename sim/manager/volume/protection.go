package volume

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// use notes which pods use which claims.
func (c *Controller) use(change apiserver.PodChange) {
	switch {
	case change.Old == nil && !podutil.IsPodTerminal(change.New):
		for _, key := range apiserver.ClaimsOf(change.New) {
			c.users[key] = append(c.users[key], change.Pod)
		}
	case change.Old != nil && !podutil.IsPodTerminal(change.Old) &&
		(change.New == nil || podutil.IsPodTerminal(change.New)):
		for _, key := range apiserver.ClaimsOf(change.Old) {
			c.users[key] = slices.DeleteFunc(c.users[key], func(p *apiserver.Pod) bool { return p == change.Pod })
			if len(c.users[key]) == 0 {
				delete(c.users, key)
			}
		}
		c.unused(change.Old)
	}
}

// holdsClaim reports whether a claim stays while it is deleted: pods that have a node use
// it (pvc_protection_controller.go, isBeingUsed).
func (c *Controller) holdsClaim(o kinds.Object) bool {
	return slices.ContainsFunc(c.users[kinds.KeyOf(o)], func(p *apiserver.Pod) bool { return p.Node() != "" })
}

// holdsVolume reports whether a volume stays while it is deleted: it is bound
// (pv_protection_controller.go, isBeingUsed).
func (c *Controller) holdsVolume(o kinds.Object) bool {
	return o.(*v1.PersistentVolume).Status.Phase == v1.VolumeBound
}

// unused deletes the claims that only a pod held which has ended or gone.
func (c *Controller) unused(o *v1.Pod) {
	for _, key := range apiserver.ClaimsOf(o) {
		namespace, name := record.SplitName(key)
		claim, known := apiserver.Find[*v1.PersistentVolumeClaim](c.Store, namespace, name)
		if known && claim.DeletionTimestamp != nil {
			c.Store.Delete(claim, record.OwnerDeleted)
		}
	}
}
