package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// garbage is the garbage collector: it deletes what the deleted owned
// (pkg/controller/garbagecollector/garbagecollector.go).
type garbage struct {
	manager.Controller
	latency time.Duration
}

func newGarbage(loop *sim.Loop, cfg manager.Config, latency time.Duration) *garbage {
	return &garbage{latency: latency, Controller: manager.NewController(loop, cfg.DoubleQPS(), cfg.Workers.GC)}
}

// collect deletes an object whose owner is gone, after a look at it. It is left
// for another time when somebody has written it since the look: version has to
// be as it was (attemptToDeleteItem, deleteObject).
func (g *garbage) collect(version func() any, remove func()) {
	k := new(manager.Key)
	k.Init(g.Queue, g.latency, func(sim.Time) {
		g.Read(func(sim.Time) {
			seen, conflict := version(), false
			g.Write(func(sim.Time) {
				if conflict = version() != seen; !conflict {
					remove()
				}
			}, func(sim.Time) { k.Done(conflict) })
		})
	})
	k.Add()
}

// collectPods deletes the pods of a deleted owner, and its ControllerRevisions,
// of which nobody asks when they went.
func (g *garbage) collectPods(pods []*pod, revisions int, reason string) {
	for _, p := range pods {
		g.collect(func() any { return p.api }, func() { p.delete(reason) })
	}
	for range revisions {
		g.collect(func() any { return nil }, func() {})
	}
}
