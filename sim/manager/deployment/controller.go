// Package deployment is the Deployment controller of a run: its queue, the view
// that it decides by and the writes that it sends. What it decides is
// sim/control/deployment's (pkg/controller/deployment/deployment_controller.go).
package deployment

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Controller looks after all Deployments.
type Controller struct {
	*manager.Parts
	manager.Controller
	states map[types.UID]*state
	// sets are the Deployments of ReplicaSets, of those that are gone, too.
	sets map[types.UID]*state
}

// New returns the controller. It has to watch the store.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{
			Workers: workers, Latency: latency, Retries: deployment.MaxRetries,
		}),
		states: map[types.UID]*state{}, sets: map[types.UID]*state{},
	}
}

// state is what the controller keeps of one Deployment.
type state struct {
	c        *Controller
	api      *appsv1.Deployment // as it is stored, or was last
	key      string             // as records name it
	work     manager.Key
	began    deployment.View // of the sync under way
	writes   int             // that it has sent
	seen     deployment.View // the same, with what it has written
	revision string
	phase    record.RolloutPhase // of the rollout, as last recorded
	// available is the condition of that name, as last recorded.
	available bool
	deleted   bool
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *appsv1.Deployment:
		c.changed(o, change)
	case *appsv1.ReplicaSet:
		owner := metav1.GetControllerOf(o)
		if owner == nil || change.New == nil {
			return
		}
		if d := c.states[owner.UID]; d != nil {
			c.sets[o.UID] = d
			d.work.Add()
		}
	}
}

func (c *Controller) changed(o *appsv1.Deployment, change apiserver.Change) {
	d := c.states[o.UID]
	switch {
	case change.New == nil:
		d.deleted = true
		d.work.Drop()
		delete(c.states, o.UID)
		return
	case d == nil:
		d = &state{c: c, key: c.WorkloadOf(o)}
		d.work.Init(c.Queue, d.sync)
		c.states[o.UID] = d
	case d.api.Spec.Paused != o.Spec.Paused:
		d.api = o
		d.recordPause()
	}
	d.api = o
	d.work.Add()
}

// PodChanged implements apiserver.PodWatcher: the controller looks at its pods
// when one is gone (deletePod).
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if d := c.sets[change.Pod.Owner()]; d != nil && change.New == nil {
		d.work.Add()
	}
}

func (d *state) replicaSets() []*appsv1.ReplicaSet {
	return apiserver.Owned[*appsv1.ReplicaSet](d.c.Store, d.api.UID)
}

func (d *state) sync(now sim.Time) {
	d.began = deployment.View{Deployment: d.api, ReplicaSets: d.replicaSets(), Pods: map[types.UID][]*v1.Pod{}}
	for _, rs := range d.began.ReplicaSets {
		d.began.Pods[rs.UID] = d.c.PodObjectsOf(rs.UID)
	}
	d.seen = d.began
	d.seen.ReplicaSets = slices.Clone(d.began.ReplicaSets)
	d.writes = 0
	d.decide(now)
}

// decide carries out what the sync does from the write on that is its next.
func (d *state) decide(now sim.Time) {
	actions, err := deployment.Sync(d.began, d.c.Wall(now))
	d.c.Fail(err)
	d.carryOut(now, deployment.AfterWrites(actions, d.writes))
}

// settled is when the writes of a sync are visible.
func (d *state) settled(failed bool) {
	d.began, d.seen = deployment.View{}, deployment.View{}
	d.work.Done(failed)
}
