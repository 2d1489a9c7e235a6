package nodelifecycle

import (
	"container/heap"
	"time"

	"k8s.io/client-go/util/flowcontrol"
)

// virtualClock is the time of the last call, for upstream's rate limiter.
type virtualClock struct{ now time.Time }

func (c *virtualClock) Now() time.Time { return c.now }

func (c *virtualClock) Since(t time.Time) time.Duration { return c.now.Sub(t) }

// Sleep is asked of a limiter that waits; this one is only asked whether it
// would have to.
func (c *virtualClock) Sleep(time.Duration) {}

// taintQueue is a zone's nodes that wait for a NoExecute taint
// (nodelifecycle/scheduler/rate_limited_queue.go). A node that was taken out by
// try stays known, so that add does nothing until it is removed.
type taintQueue struct {
	clock   *virtualClock
	heap    timedHeap
	known   map[string]bool
	limiter flowcontrol.RateLimiter
}

// burst is EvictionRateLimiterBurst.
const burst = 1

func newTaintQueue(clock *virtualClock, qps float32) *taintQueue {
	return &taintQueue{clock: clock, known: map[string]bool{}, limiter: flowcontrol.NewTokenBucketRateLimiterWithClock(qps,
		burst, clock)}
}

func (q *taintQueue) add(node string) {
	if !q.known[node] {
		q.known[node] = true
		heap.Push(&q.heap, timedNode{node, q.clock.now})
	}
}

func (q *taintQueue) remove(node string) {
	if q.known[node] {
		delete(q.known, node)
		q.takeOut(node)
	}
}

func (q *taintQueue) takeOut(node string) {
	for i := range q.heap {
		if q.heap[i].node == node {
			heap.Remove(&q.heap, i)
			return
		}
	}
}

// try hands nodes to taint as the rate allows; it returns false, and how long
// to wait, for one that is to be tried again. A token is spent even on a node
// whose time has not come.
func (q *taintQueue) try(taint func(node string) (done bool, wait time.Duration)) {
	for len(q.heap) > 0 && q.limiter.TryAccept() {
		head := q.heap[0]
		if q.clock.now.Before(head.at) {
			return
		}
		done, wait := taint(head.node)
		q.takeOut(head.node)
		if !done {
			heap.Push(&q.heap, timedNode{head.node, q.clock.now.Add(wait + 1)})
		}
	}
}

// setRate is SwapLimiter: a new limiter begins with a full bucket if the old
// one's was full.
func (q *taintQueue) setRate(qps float32) {
	switch {
	case q.limiter.QPS() == qps:
		return
	case qps <= 0:
		q.limiter = flowcontrol.NewFakeNeverRateLimiter()
		return
	}
	next := flowcontrol.NewTokenBucketRateLimiterWithClock(qps, burst, q.clock)
	if !q.limiter.TryAccept() {
		next.TryAccept()
	}
	q.limiter = next
}

type timedNode struct {
	node string
	at   time.Time
}

// timedHeap orders by time alone, as upstream's does: which of several nodes
// of one instant comes first is up to the heap.
type timedHeap []timedNode

func (h timedHeap) Len() int           { return len(h) }
func (h timedHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timedHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *timedHeap) Push(x any) { *h = append(*h, x.(timedNode)) }

// Pop implements heap.Interface.
func (h *timedHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
