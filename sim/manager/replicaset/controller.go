// Package replicaset is the ReplicaSet controller of a run: its queue, the view
// that it decides by and the writes that it sends. What it decides is
// sim/control/replicaset's (pkg/controller/replicaset/replica_set.go).
package replicaset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Controller looks after all ReplicaSets.
type Controller struct {
	*manager.Parts
	manager.Controller
	states map[types.UID]*state
}

// New returns the controller. It has to watch the store.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		states: map[types.UID]*state{},
	}
}

// state is what the controller keeps of one ReplicaSet.
type state struct {
	c        *Controller
	api      *appsv1.ReplicaSet // as it is stored, or was last
	work     manager.Key
	names    *apiserver.Names
	seen     replicaset.View // of the sync under way
	visible  sim.Time        // when the controller's watches show what it wrote last
	conflict bool            // somebody wrote the ReplicaSet before its status
	deleted  bool
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*appsv1.ReplicaSet)
	if !is {
		return
	}
	rs := c.states[o.UID]
	switch {
	case change.New == nil:
		rs.deleted = true
		rs.work.Drop()
		delete(c.states, o.UID)
		return
	case rs == nil:
		rs = &state{c: c, names: c.Names(o.Namespace+"/"+o.Name, o.Namespace)}
		rs.work.Init(c.Queue, rs.sync)
		c.states[o.UID] = rs
	}
	rs.api = o
	rs.work.Add()
}

// PodChanged implements apiserver.PodWatcher. A write that concerns nobody needs no
// sync, unless the last one failed: then this sync may fail, too, and each failure
// puts off the next.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	rs := c.states[change.Pod.Owner()]
	if rs == nil {
		return
	}
	if change.Old != nil && change.New != nil && rs.work.Failing() {
		rs.work.Add()
	}
	if change.Concerns != apiserver.Everybody {
		return
	}
	rs.work.Add()
	// The controller syncs again when a pod that got ready is available. It does so
	// even when a failed sync has lost its own RequeueAfter (updatePod).
	if seconds := rs.api.Spec.MinReadySeconds; seconds > 0 && manager.GotReady(change) {
		rs.work.AddAfter(time.Duration(seconds) * time.Second)
	}
}

// related are the active pods of all ReplicaSets of the same owner, which the
// order of deletion looks at (getIndirectlyRelatedPods).
func (rs *state) related() []*v1.Pod {
	owner := metav1.GetControllerOf(rs.api)
	if owner == nil {
		return rs.c.PodObjectsOf(rs.api.UID)
	}
	var list []*v1.Pod
	for _, sibling := range apiserver.Owned[*appsv1.ReplicaSet](rs.c.Store, owner.UID) {
		list = append(list, rs.c.PodObjectsOf(sibling.UID)...)
	}
	return list
}
