package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// The garbage collector's workers (--concurrent-gc-syncs), and its client, which
// has twice the limit of others since a deletion takes two requests
// (cmd/kube-controller-manager/app/core.go).
const (
	garbageWorkers = 20
	garbageQPS     = 2 * manager.QPS
)

// garbage is the garbage collector: it deletes what the deleted owned
// (pkg/controller/garbagecollector/garbagecollector.go).
type garbage struct {
	manager.Controller
	latency time.Duration
}

func newGarbage(loop *sim.Loop, latency time.Duration) *garbage {
	return &garbage{latency: latency, Controller: manager.Controller{
		Client: manager.NewClient(loop, garbageQPS, manager.Burst),
		Queue:  manager.NewQueue(loop, garbageWorkers, manager.FirstRetry, manager.LastRetry),
	}}
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
