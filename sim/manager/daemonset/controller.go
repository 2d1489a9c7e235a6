// Package daemonset is the DaemonSet controller of a run: its queue, the view
// that it decides by and the writes that it sends. What it decides is
// sim/control/daemonset's (pkg/controller/daemon/daemon_controller.go).
package daemonset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Controller looks after all DaemonSets.
type Controller struct {
	*manager.Parts
	manager.Controller
	states      map[types.UID]*state
	memberships int        // how often a node came or went
	declared    []*v1.Node // those that the run began with, as they came
	started     bool
}

var _ manager.Component = (*Controller)(nil)

// New returns the controller. It has to watch the store before the nodes come.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		states: map[types.UID]*state{},
	}
}

// Start implements manager.Component: nodes that come from now on were not
// declared.
func (c *Controller) Start(sim.Time) { c.started = true }

// Close implements manager.Component.
func (c *Controller) Close(sim.Time) {}

// state is what the controller keeps of one DaemonSet.
type state struct {
	c        *Controller
	api      *appsv1.DaemonSet // as it is stored, or was last
	key      string            // as records name it
	names    *apiserver.Names
	failures map[string]daemonset.Failure
	walk     walk
	work     manager.Key
	failed   bool                // the sync under way
	desired  int32               // nodes that should run a pod, as last recorded
	revision string              // of the template
	phase    record.RolloutPhase // of the rollout, as last recorded
	deleted  bool
}

// neverCounted is desired before the first status of a DaemonSet that the run
// did not declare.
const neverCounted = -1

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *v1.Node:
		c.nodeChanged(change)
	case *appsv1.DaemonSet:
		c.changed(o, change)
	}
}

func (c *Controller) changed(o *appsv1.DaemonSet, change apiserver.Change) {
	ds := c.states[o.UID]
	switch {
	case change.New == nil:
		ds.deleted = true
		ds.work.Drop()
		delete(c.states, o.UID)
		return
	case ds == nil:
		ds = c.newState(o)
		c.states[o.UID] = ds
	}
	ds.api = o
	ds.work.Add()
}

func (c *Controller) newState(o *appsv1.DaemonSet) *state {
	ds := &state{
		c: c, key: c.WorkloadOf(o), names: c.Names("DaemonSet/"+o.Namespace+"/"+o.Name, o.Namespace),
		failures: map[string]daemonset.Failure{}, walk: walk{turns: map[string]uint64{}}, desired: neverCounted,
	}
	if c.Now() == 0 {
		ds.desired = int32(daemonset.DesiredNodes(o, c.declared))
	}
	ds.work.Init(c.Queue, ds.sync)
	return ds
}

// nodeChanged wakes the DaemonSets that a new node or a changed one concerns. That
// a node is deleted wakes none.
func (c *Controller) nodeChanged(change apiserver.Change) {
	old, _ := change.Old.(*v1.Node)
	node, _ := change.New.(*v1.Node)
	if old == nil || node == nil {
		c.memberships++
	}
	if node == nil {
		return
	}
	if old == nil && !c.started {
		c.declared = append(c.declared, node)
	}
	if len(c.states) == 0 {
		return
	}
	scheduled := map[types.UID]bool{} // who has a pod on the node
	for _, p := range c.PodsOn(node.Name) {
		scheduled[p.Owner()] = true
	}
	for _, o := range apiserver.List[*appsv1.DaemonSet](c.Store) {
		if daemonset.NodeConcerns(o, old, node, scheduled[o.UID]) {
			c.states[o.UID].work.Add()
		}
	}
}

// PodChanged implements apiserver.PodWatcher. A write that concerns nobody needs no
// sync, unless the last one failed: then this sync may fail, too, and each failure
// puts off the next.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	ds := c.states[change.Pod.Owner()]
	if ds == nil {
		return
	}
	if change.Old != nil && change.New != nil && ds.work.Failing() {
		ds.work.Add()
	}
	if change.Concerns != apiserver.Everybody {
		return
	}
	ds.work.Add()
	// The controller looks again when a pod that got ready is available.
	if after := daemonset.AfterReady(ds.api.Spec.MinReadySeconds); after > 0 && manager.GotReady(change) {
		ds.work.AddAfter(after)
	}
}
