package volume

import (
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func over(o *v1.Pod) bool { return o.Status.Phase == v1.PodSucceeded || o.Status.Phase == v1.PodFailed }

// use notes which pods use which claims.
func (c *Controller) use(change apiserver.PodChange) {
	switch {
	case change.Old == nil && !over(change.New):
		for _, key := range apiserver.ClaimsOf(change.New) {
			c.users[key] = append(c.users[key], change.Pod)
		}
	case change.New == nil && !over(change.Old), change.Old != nil && change.New != nil && !over(change.Old) &&
		over(change.New):
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
		claim, known := apiserver.Find[*v1.PersistentVolumeClaim](c.Store, o.Namespace,
			strings.TrimPrefix(key, o.Namespace+"/"))
		if known && claim.DeletionTimestamp != nil {
			c.Store.Delete(claim, record.OwnerDeleted)
		}
	}
}
