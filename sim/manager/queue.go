package manager

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Queue is the work queue of a controller with its workers
// (util/workqueue/queue.go, delaying_queue.go).
type Queue struct {
	loop *sim.Loop
	idle int // workers
	line []*Key
	// first and last are the delays of a sync that failed once, and often enough.
	first, last time.Duration
}

// Delays of syncs that failed (DefaultTypedControllerRateLimiter). Upstream also
// lets no more than 10 keys a second through after a burst of 100, all of a
// controller together, which takes more failures than there are here.
const (
	FirstRetry = 5 * time.Millisecond
	LastRetry  = 1000 * time.Second
)

// NewQueue returns a queue with so many workers, none when there are fewer than
// one. Syncs that fail are done again
// after first, which doubles with each failure up to last.
func NewQueue(loop *sim.Loop, workers int, first, last time.Duration) *Queue {
	return &Queue{loop: loop, idle: max(0, workers), first: first, last: last}
}

// Key is one object in a controller's queue. However often it is added, it is
// synced once, and again only when it was added since.
type Key struct {
	queue    *Queue
	latency  time.Duration
	sync     func(now sim.Time)
	later    sim.Timer
	added    bool // it is on its way to a worker
	busy     bool // a worker has it
	again    bool // it was added meanwhile
	dropped  bool
	failures int // of the last syncs, one after the other
}

// Init makes the zero Key usable. From a change to the sync that answers it
// there is some latency: the watch, and what the sync takes to its first write.
// The sync has to end with Done, whenever that is.
func (k *Key) Init(q *Queue, latency time.Duration, sync func(now sim.Time)) {
	k.queue, k.latency, k.sync = q, latency, sync
	k.later.Init(q.loop, sim.PhaseControl, func(sim.Time) { k.Add() })
}

// Add puts the key into the queue. While a worker has it, it comes in again
// when that is done.
func (k *Key) Add() {
	switch {
	case k.dropped || k.added:
	case k.busy:
		k.again = true
	default:
		k.added = true
		k.queue.loop.At(k.queue.loop.Now().Add(k.latency), sim.PhaseControl, sim.Func(func(sim.Time) { k.queue.arrive(k) }))
	}
}

// AddAfter adds the key later. The queue holds it once, for the first of its
// times; a later one is lost (delaying_queue.go, insert).
func (k *Key) AddAfter(d time.Duration) {
	if at := k.queue.loop.Now().Add(max(0, d)); !k.dropped && (!k.later.Armed() || at < k.later.Deadline()) {
		k.later.Set(at)
	}
}

// Failing reports whether the last sync failed.
func (k *Key) Failing() bool { return k.failures > 0 }

// Drop takes the key out for good: its object is gone. A sync under way goes on.
func (k *Key) Drop() {
	k.dropped = true
	k.later.Stop()
}

// arrive gives the key to a worker, now or when one is free.
func (q *Queue) arrive(k *Key) {
	if q.idle == 0 {
		q.line = append(q.line, k)
		return
	}
	q.idle--
	q.start(k)
}

func (q *Queue) start(k *Key) {
	k.added = false
	if k.dropped {
		q.free()
		return
	}
	k.busy = true
	k.sync(q.loop.Now())
}

// free lets a worker take the next key.
func (q *Queue) free() {
	if len(q.line) == 0 {
		q.idle++
		return
	}
	next := q.line[0]
	q.line = q.line[1:]
	q.start(next)
}

// Done ends a sync: what it wrote is visible. One that failed, for example
// because the API server refused a pod, is done again after a while that doubles
// with each failure (AddRateLimited; one that went well is Forget). An object
// that is added before is synced before, and that may fail, too.
func (k *Key) Done(failed bool) {
	again := k.again
	k.busy, k.again = false, false
	if again {
		k.Add()
	}
	if failed {
		k.AddAfter(min(k.queue.last, k.queue.first<<min(k.failures, 20)))
		k.failures++
	} else {
		k.failures = 0
	}
	k.queue.free()
}
