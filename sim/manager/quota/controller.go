// Package quota is the ResourceQuota controller of a run, which keeps the status
// of ResourceQuotas (pkg/controller/resourcequota). Admission counts what comes;
// the controller sees what goes.
package quota

import (
	"maps"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// DefaultSyncPeriod is --resource-quota-sync-period of kube-controller-manager.
const DefaultSyncPeriod = 5 * time.Minute

// Controller looks after all ResourceQuotas.
type Controller struct {
	*manager.Parts
	manager.Controller
	latency time.Duration
	period  time.Duration // of the full resync
	keys    map[string]*manager.Key
	syncing bool // the full resync has begun
}

// New returns the controller. It has to watch the store and its pods. period is
// that of the full resync, the default when it is 0.
func New(p *manager.Parts, workers int, latency, period time.Duration) *Controller {
	if period <= 0 {
		period = DefaultSyncPeriod
	}
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		latency: latency, period: period, keys: map[string]*manager.Key{},
	}
}

// Start implements manager.Component.
func (c *Controller) Start(sim.Time) {}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	if change.New == nil {
		c.replenish(change.Old, nil)
		return
	}
	if q, is := change.New.(*v1.ResourceQuota); is {
		c.applied(q)
	}
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	switch {
	case change.Old == nil:
	case change.New == nil:
		c.replenish(change.Old, nil) // not change.New: a nil pod is no nil object
	default:
		c.replenish(change.Old, change.New)
	}
}

// applied lets a quota hold from the controller's first sync on. One of the start
// was there before and holds at once.
func (c *Controller) applied(q *v1.ResourceQuota) {
	if !c.syncing {
		c.syncing = true
		c.resyncLater()
	}
	if c.Now() == 0 {
		c.recalculate(q.Namespace, q.Name)
		return
	}
	c.enqueue(q.Namespace, q.Name)
}

// replenish enqueues the quotas that count an object which changed, or which is gone
// (next is nil).
func (c *Controller) replenish(old, next runtime.Object) {
	for _, q := range c.Admission.Replenished(old, next) {
		c.enqueue(q.Namespace, q.Name)
	}
}

func (c *Controller) enqueue(namespace, name string) {
	k, known := c.keys[kinds.Key(namespace, name)]
	if !known {
		k = new(manager.Key)
		k.Init(c.Queue, func(sim.Time) { c.sync(k, namespace, name) })
		c.keys[kinds.Key(namespace, name)] = k
	}
	k.Add()
}

// sync counts a quota anew, and writes its status where that has changed. Admission
// learns of it by a watch, too.
func (c *Controller) sync(k *manager.Key, namespace, name string) {
	if outdated, err := c.Admission.Outdated(namespace, name); err != nil || !outdated {
		c.Fail(err)
		k.Done(false)
		return
	}
	write := func(sim.Time) { c.recalculate(namespace, name) }
	c.WriteIn(c.latency, write, func(sim.Time) { k.Done(false) })
}

func (c *Controller) recalculate(namespace, name string) {
	_, err := c.Admission.Recalculate(namespace, name)
	c.Fail(err)
}

// resyncLater counts all quotas anew once in a period. Pods that terminate longer
// than they should are not counted any more then.
func (c *Controller) resyncLater() {
	c.Loop.After(c.period, sim.PhaseControl, sim.Func(func(sim.Time) {
		for _, q := range c.Admission.Quotas() {
			c.enqueue(q.Namespace, q.Name)
		}
		c.resyncLater()
	}))
}

// Close writes what was refused and not yet told, and what was used of each quota.
func (c *Controller) Close(sim.Time) {
	c.FlushRefusals()
	for _, q := range c.Admission.Quotas() {
		r := record.QuotaUsage{At: c.At(), Quota: kinds.KeyOf(q)}
		peak := c.Admission.Peak(q)
		for _, name := range slices.Sorted(maps.Keys(q.Status.Hard)) {
			r.Resources = append(r.Resources, record.QuotaResource{
				Resource: string(name), Used: apiserver.Milli(q.Status.Used[name]),
				Peak: apiserver.Milli(peak[name]), Hard: apiserver.Milli(q.Status.Hard[name]),
			})
		}
		c.Record(r)
	}
}
