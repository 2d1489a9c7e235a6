// Package garbage is the garbage collector of a run: it deletes what a deleted
// object owned (pkg/controller/garbagecollector/garbagecollector.go).
package garbage

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Controller is the garbage collector.
type Controller struct {
	*manager.Parts
	manager.Controller
}

// New returns the controller. It has to watch the store. Its client may send
// twice as many requests as others, since a deletion takes two
// (cmd/kube-controller-manager/app/core.go).
func New(p *manager.Parts, flags manager.Config, latency time.Duration) *Controller {
	return &Controller{Parts: p, Controller: p.Server.NewController(manager.Options{
		Workers: flags.Workers.GC, Latency: latency, QPS: 2 * flags.QPS,
	})}
}

// Changed implements apiserver.Watcher. What a deleted object owned goes for the
// reason for which the object went: first its pods, then all else.
func (c *Controller) Changed(change apiserver.Change) {
	if change.New != nil {
		return
	}
	owner := change.Old.GetUID()
	for _, p := range c.PodsOf(owner) {
		c.collect(func() any { return p.Object() }, func() { p.Delete(apiserver.Why{Reason: change.Why}) })
	}
	for _, o := range c.OwnedBy(owner) {
		c.collectObject(o, change.Why)
	}
}

// PodChanged implements apiserver.PodWatcher: with a pod go the claims that it owns.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if change.New != nil {
		return
	}
	for _, o := range c.OwnedBy(change.Old.UID) {
		c.collectObject(o, record.OwnerDeleted)
	}
}

// collectObject deletes an object that is not a pod. One that somebody else has
// deleted before is left alone: it counts as not written since.
func (c *Controller) collectObject(last kinds.Object, why record.Deletion) {
	c.collect(func() any {
		if now := c.Stored(last); now != nil {
			last = now
		}
		return last
	}, func() {
		if now := c.Stored(last); now != nil {
			c.Delete(now, why)
		}
	})
}

// collect deletes an object whose owner is gone: it reads the object, then deletes
// it. When version shows that somebody wrote the object between the two, it reads
// again and deletes without another check (attemptToDeleteItem, deleteObject).
func (c *Controller) collect(version func() any, remove func()) {
	work := new(manager.Key)
	done := func(sim.Time) { work.Done(false) }
	work.Init(c.Queue, func(sim.Time) {
		c.Read(func(sim.Time) {
			seen, conflict := version(), false
			c.Write(func(sim.Time) {
				if conflict = version() != seen; !conflict {
					remove()
				}
			}, func(now sim.Time) {
				if !conflict {
					done(now)
					return
				}
				c.Read(func(sim.Time) { c.Write(func(sim.Time) { remove() }, done) })
			})
		})
	})
	work.Add()
}
