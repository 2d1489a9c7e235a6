package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// workKey makes a controller's work queue of one object: however often it is
// added, it is synced once, after the controller's latency, and again only
// when it was added since.
type workKey struct {
	queued   bool
	busy     bool // its last sync's writes are still under way
	again    bool
	failures int // of the last syncs, one after the other
}

// Retries of a sync that failed (client-go util/workqueue,
// DefaultTypedControllerRateLimiter).
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 1000 * time.Second
)

// addAfter is the delaying part of a work queue: it holds a key once, for the
// first of its times; a later one is lost (client-go
// util/workqueue/delaying_queue.go, insert).
func addAfter(later *sim.Timer, at sim.Time) {
	if !later.Armed() || at < later.Deadline() {
		later.Set(at)
	}
}

// settle ends a sync: its writes are visible. One that failed, for example
// because the API server refused a pod, is done again after a while that
// doubles with each failure (AddRateLimited; one that went well is Forget). An
// object that is added before is synced before, and that may fail, too.
func (w *World) settle(k *workKey, failed bool, enqueue func()) {
	again := k.again
	k.busy, k.again = false, false
	if again {
		enqueue()
	}
	if !failed {
		k.failures = 0
		return
	}
	w.loop.After(retryAfter(k.failures), sim.PhaseControl, sim.Func(func(sim.Time) { enqueue() }))
	k.failures++
}

// retryAfter is how long an object waits that failed before as often as
// failures says. Upstream also lets no more than 10 objects a second through
// after a burst of 100, all objects of a controller together, which takes more
// failures than there are here.
func retryAfter(failures int) time.Duration {
	return min(lastRetry, firstRetry<<min(failures, 20))
}
