package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// garbage is the garbage collector: it deletes what the deleted owned
// (pkg/controller/garbagecollector/garbagecollector.go).
type garbage struct{ manager.Controller }

// newGarbage: its client may send twice as many requests as others, since a
// deletion takes two (cmd/kube-controller-manager/app/core.go).
func newGarbage(server *manager.Server, flags manager.Config, latency time.Duration) *garbage {
	return &garbage{server.NewController(manager.Options{Workers: flags.Workers.GC, Latency: latency, QPS: 2 * flags.QPS})}
}

// collect deletes an object whose owner is gone, after a look at it. When somebody
// has written it since the look, which version shows, it looks again and deletes
// it whatever comes (attemptToDeleteItem, deleteObject).
func (g *garbage) collect(version func() any, remove func()) {
	k := new(manager.Key)
	k.Init(g.Queue, func(sim.Time) {
		g.Read(func(sim.Time) {
			seen, conflict := version(), false
			g.Write(func(sim.Time) {
				if conflict = version() != seen; !conflict {
					remove()
				}
			}, func(sim.Time) {
				if !conflict {
					k.Done(false)
					return
				}
				g.Read(func(sim.Time) { g.Write(func(sim.Time) { remove() }, func(sim.Time) { k.Done(false) }) })
			})
		})
	})
	k.Add()
}

// collectPods deletes the pods of a deleted owner, and its ControllerRevisions,
// of which nobody asks when they went.
func (g *garbage) collectPods(pods []*pod, revisions int, reason record.Deletion) {
	for _, p := range pods {
		g.collect(func() any { return p.api }, func() { p.delete(reason) })
	}
	for range revisions {
		g.collect(func() any { return nil }, func() {})
	}
}
