// Package statefulset is the StatefulSet controller of a run: its queue, the view
// that it decides by and the writes that it sends. What it decides is
// sim/control/statefulset's (pkg/controller/statefulset/stateful_set.go).
package statefulset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Controller looks after all StatefulSets.
type Controller struct {
	*manager.Parts
	manager.Controller
	// states has the StatefulSets, and those that are gone as long as they have pods.
	states map[types.UID]*state
}

// New returns the controller. It has to watch the store.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		states: map[types.UID]*state{},
	}
}

// state is what the controller keeps of one StatefulSet.
type state struct {
	c        *Controller
	api      *appsv1.StatefulSet // as it is stored, or was last
	key      string              // as records name it
	work     manager.Key
	seen     statefulset.View // of the sync under way
	refused  bool             // the API server refused a write of it
	over     bool             // the rest of it is not done
	revision string
	phase    record.RolloutPhase // of the rollout, as last recorded
	deleted  bool
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*appsv1.StatefulSet)
	if !is {
		return
	}
	ss := c.states[o.UID]
	switch {
	case change.New == nil:
		ss.deleted = true
		ss.work.Drop()
		ss.forget()
		return
	case ss == nil:
		ss = &state{c: c, key: c.WorkloadOf(o)}
		ss.work.Init(c.Queue, ss.sync)
		c.states[o.UID] = ss
	}
	ss.api = o
	ss.work.Add()
}

// PodChanged implements apiserver.PodWatcher. A write that concerns nobody needs no
// sync, unless the last one failed: then this sync may fail, too, and each failure
// puts off the next.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	ss := c.states[change.Pod.Owner()]
	if ss == nil {
		return
	}
	if change.New == nil {
		ss.forget()
	}
	if change.Old != nil && change.New != nil && ss.work.Failing() {
		ss.work.Add()
	}
	if change.Concerns != apiserver.Everybody {
		return
	}
	ss.work.Add()
	// The controller looks again when a pod that got ready is available (updatePod).
	if seconds := ss.api.Spec.MinReadySeconds; seconds > 0 && manager.GotReady(change) {
		ss.work.AddAfter(time.Duration(seconds) * time.Second)
	}
}

// forget drops the state of a StatefulSet when that and its pods are gone.
func (ss *state) forget() {
	if ss.deleted && len(ss.c.PodsOf(ss.api.UID)) == 0 {
		delete(ss.c.states, ss.api.UID)
	}
}
