// Package disruption is the disruption controller of a run, which keeps the
// status of PodDisruptionBudgets, and the eviction subresource, which asks them.
// What they decide is sim/control/disruption's (pkg/controller/disruption,
// pkg/registry/core/pod/storage/eviction.go).
package disruption

import (
	"time"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Controller looks after all PodDisruptionBudgets.
type Controller struct {
	*manager.Parts
	manager.Controller
	budgets   map[types.UID]*budget
	selectors selection.Selectors[*budget]
	left      map[types.UID]kinds.Object // workloads that are deleted and whose pods are not all gone
}

// New returns the controller. It has to watch the store and its pods.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		budgets: map[types.UID]*budget{}, left: map[types.UID]kinds.Object{},
	}
}

// Start implements manager.Component.
func (c *Controller) Start(sim.Time) {}

// Close tells what budgets say and cover at the end.
func (c *Controller) Close(sim.Time) {
	for o := range c.All("PodDisruptionBudget") {
		c.Record(c.budgets[o.GetUID()].state())
	}
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*policyv1.PodDisruptionBudget)
	switch {
	case !is && change.New == nil:
		c.outlived(change.Old)
	case !is:
	case change.New == nil:
		c.deleted(o.UID)
	case change.Status:
		c.budgets[o.UID].api = o
	default:
		c.applied(o)
	}
}

// applied is a budget that is new, or as somebody sent it.
func (c *Controller) applied(o *policyv1.PodDisruptionBudget) {
	b := c.budgets[o.UID]
	if b == nil {
		b = &budget{c: c}
		b.work.Init(c.Queue, b.sync)
		c.budgets[o.UID] = b
	}
	b.become(o)
	b.work.Add()
}

func (c *Controller) deleted(uid types.UID) {
	b := c.budgets[uid]
	b.deleted = true
	c.Record(b.state())
	b.work.Drop()
	c.selectors.Remove(b.entry)
	delete(c.budgets, uid)
}

// selecting are the budgets that select a pod.
func (c *Controller) selecting(p *apiserver.Pod) []*budget {
	return c.selectors.Matching(p.Namespace(), p.Object().Labels)
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if change.New == nil {
		c.forget(change.Pod.Owner())
	}
	if change.Concerns != apiserver.Everybody {
		return
	}
	for _, b := range c.selecting(change.Pod) {
		b.work.Add()
	}
}
