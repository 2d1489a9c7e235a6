package manager

import (
	"cmp"
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Queue is the work queue of a controller with its workers
// (util/workqueue/queue.go, delaying_queue.go).
type Queue struct {
	*pace
	idle int // workers
	line []*Key
	// first and last are the delays of a sync that failed once, and often enough.
	first, last time.Duration
	// retries is how often a sync that fails is tried again, 0 for always.
	retries int
}

// Delays of syncs that failed (DefaultTypedControllerRateLimiter). Upstream also
// lets no more than 10 keys a second through after a burst of 100, all of a
// controller together, which takes more failures than there are here.
const (
	FirstRetry = 5 * time.Millisecond
	LastRetry  = 1000 * time.Second
)

func newQueue(p *pace, o Options) *Queue {
	return &Queue{pace: p, idle: max(0, o.Workers), first: cmp.Or(o.FirstRetry, FirstRetry),
		last: cmp.Or(o.LastRetry, LastRetry), retries: o.Retries}
}

// Key is one object in a controller's queue. Added several times before its sync, it
// is synced once. Added during the sync, it is synced once more.
type Key struct {
	queue *Queue
	sync  func(now sim.Time)
	// adds are the times, in the controller's time, at which the key is added and
	// not yet synced. Some are to come, since watches are late.
	adds     []sim.Time
	called   bool // it is on its way to a worker
	busy     bool // a worker has it
	dropped  bool
	later    sim.Timer
	due      sim.Time // of later, in the controller's time
	failures int      // of the last syncs, one after the other
}

// Init makes the zero Key usable. The sync has to end with Done, whenever that
// is.
func (k *Key) Init(q *Queue, sync func(now sim.Time)) {
	k.queue, k.sync = q, sync
	k.later.Init(q.loop, sim.PhaseControl, func(sim.Time) { k.addAt(k.due) })
}

// Add puts the key into the queue. While a worker has it, it comes in again
// when that is done.
func (k *Key) Add() { k.addAt(k.queue.now()) }

func (k *Key) addAt(at sim.Time) {
	if k.dropped {
		return
	}
	for len(k.adds) > 1 && k.adds[1] <= k.queue.loop.Now() {
		k.adds = k.adds[1:] // they are one
	}
	if i, found := slices.BinarySearch(k.adds, at); !found {
		k.adds = slices.Insert(k.adds, i, at)
	}
	k.call()
}

// call sends the key to a worker.
func (k *Key) call() {
	if k.called || k.busy || len(k.adds) == 0 {
		return
	}
	k.called = true
	k.queue.loop.After(0, sim.PhaseWatch, sim.Func(func(sim.Time) { k.queue.arrive(k) }))
}

// AddAfter adds the key later. The queue holds it once, for the first of its
// times; a later one is lost (delaying_queue.go, AddAfter and insert).
func (k *Key) AddAfter(d time.Duration) {
	if d <= 0 {
		k.Add()
		return
	}
	if due := k.queue.now().Add(d); !k.dropped && (!k.later.Armed() || due < k.due) {
		k.due = due
		k.later.Set(max(k.queue.loop.Now(), due.Add(-k.queue.watch)))
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
	q.start(k, q.loop.Now())
}

// start begins a sync, not before a worker is free.
func (q *Queue) start(k *Key, free sim.Time) {
	k.called = false
	if k.dropped {
		q.free()
		return
	}
	at := max(free, k.adds[0])
	i, _ := slices.BinarySearch(k.adds, at+1)
	k.adds = k.adds[i:]
	k.busy = true
	q.during(at, k.sync)
}

// free lets a worker take the next key.
func (q *Queue) free() {
	if len(q.line) == 0 {
		q.idle++
		return
	}
	next := q.line[0]
	q.line = q.line[1:]
	q.start(next, q.now())
}

// Done ends a sync, when what it wrote is visible. A sync that failed, for example
// because the API server refused a pod, is repeated after a delay that doubles with
// each failure (AddRateLimited; after success Forget). When the key is added in the
// meantime it is synced at once, and that sync may fail, too. After as many retries
// as the controller makes the key waits until somebody adds it (handleErr).
func (k *Key) Done(failed bool) {
	k.busy = false
	if len(k.adds) > 0 && k.adds[0] <= k.queue.now() {
		k.called = true
		k.queue.line = append(k.queue.line, k)
	}
	k.call()
	if failed && (k.queue.retries == 0 || k.failures < k.queue.retries) {
		k.AddAfter(min(k.queue.last, k.queue.first<<min(k.failures, 20)))
		k.failures++
	} else {
		k.failures = 0
	}
	k.queue.free()
}
