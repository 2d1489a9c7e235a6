package cluster

import (
	"maps"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster/describe"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// defaultQuotaSyncPeriod is --resource-quota-sync-period of
// kube-controller-manager.
const defaultQuotaSyncPeriod = 5 * time.Minute

// quotaController is the queue of the controller that keeps the status of
// ResourceQuotas (pkg/controller/resourcequota). Admission counts what comes;
// the controller sees what goes.
type quotaController struct {
	world   *World
	keys    map[string]*manager.Key
	syncing bool // the full resync has begun
}

// applyQuota lets a quota hold from its controller's first sync on; one of the
// start was there before and holds at once.
func (w *World) applyQuota(o *v1.ResourceQuota) {
	old := w.admission.Quota(o.Namespace, o.Name)
	if old == nil {
		w.admitNew(&o.ObjectMeta)
	}
	w.applyOther(o)
	c := &w.quotas
	if !c.syncing {
		c.syncing = true
		c.resyncLater()
	}
	if w.loop.Now() == 0 {
		c.recalculate(o.Namespace, o.Name)
		return
	}
	c.enqueue(o.Namespace, o.Name)
}

// replenish tells the quota controller that an object changed or, with next
// nil, went.
func (w *World) replenish(old, next runtime.Object) {
	for _, q := range w.admission.Replenished(old, next) {
		w.quotas.enqueue(q.Namespace, q.Name)
	}
}

func (c *quotaController) enqueue(namespace, name string) {
	k, known := c.keys[key(namespace, name)]
	if !known {
		k = new(manager.Key)
		k.Init(c.world.controllers.quota.Queue, func(sim.Time) { c.sync(k, namespace, name) })
		c.keys[key(namespace, name)] = k
	}
	k.Add()
}

// sync counts a quota anew, and writes its status where that has changed. Admission
// learns of it by a watch, too.
func (c *quotaController) sync(k *manager.Key, namespace, name string) {
	if outdated, err := c.world.admission.Outdated(namespace, name); err != nil || !outdated {
		c.world.fail(err)
		k.Done(false)
		return
	}
	c.world.controllers.quota.WriteIn(c.world.spec.Latencies.ResourceQuota, func(sim.Time) { c.recalculate(namespace, name) }, func(sim.Time) { k.Done(false) })
}

func (c *quotaController) recalculate(namespace, name string) {
	_, err := c.world.admission.Recalculate(namespace, name)
	c.world.fail(err)
}

// resyncLater counts all quotas anew once in a period: pods that terminate
// longer than they should are then given up.
func (c *quotaController) resyncLater() {
	period := c.world.spec.QuotaSyncPeriod
	if period <= 0 {
		period = defaultQuotaSyncPeriod
	}
	c.world.loop.After(period, sim.PhaseControl, sim.Func(func(sim.Time) {
		for _, q := range c.world.admission.Quotas() {
			c.enqueue(q.Namespace, q.Name)
		}
		c.resyncLater()
	}))
}

// recordQuotas writes what was used of each quota.
func (w *World) recordQuotas() {
	for _, k := range w.refusals.order {
		w.flushRefusals(w.refusals.byKey[k])
	}
	for _, q := range w.admission.Quotas() {
		r := record.QuotaUsage{At: w.at(), Quota: key(q.Namespace, q.Name)}
		peak := w.admission.Peak(q)
		for _, name := range slices.Sorted(maps.Keys(q.Status.Hard)) {
			r.Resources = append(r.Resources, record.QuotaResource{
				Resource: string(name), Used: describe.Milli(q.Status.Used[name]), Peak: describe.Milli(peak[name]), Hard: describe.Milli(q.Status.Hard[name]),
			})
		}
		w.record(r)
	}
}
