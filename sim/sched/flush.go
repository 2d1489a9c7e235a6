package sched

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/kubernetes/pkg/scheduler/backend/queue"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"github.com/kube-rehearse/rehearse/sim"
)

// Upstream moves pods by two timers (scheduling_queue.go, Run): at every whole
// second those whose back-off ended before it (flushBackoffQCompleted), and
// every 30 s from its start those that have been unschedulable for longer than
// five minutes (flushUnschedulableEntitiesLeftover).
const (
	backoffWindow    = time.Second
	leftoverScan     = 30 * time.Second
	maxUnschedulable = queue.DefaultPodMaxInUnschedulablePodsDuration
)

// leftovers are the pods that may be unschedulable, the longest waiting first.
// A pod gets there after a failed attempt or when a plugin gates it, both of
// which happen at the present, so appending keeps the order. Entries go stale
// when the pod is tried again, and are dropped when they come first.
type leftovers struct {
	fifo []leftover
	// waiting has the youngest entry of each pod in fifo.
	waiting map[types.UID]time.Time
}

type leftover struct {
	pod   types.NamespacedName
	uid   types.UID
	since time.Time
}

// watch notes a pod that may now be unschedulable.
func (s *Scheduler) watch(pod types.NamespacedName) {
	info := s.queued(pod)
	if info == nil {
		return
	}
	l := &s.leftover
	uid, since := info.Pod.UID, waitingSince(info)
	if l.waiting[uid] != since {
		l.waiting[uid] = since
		l.fifo = append(l.fifo, leftover{pod: pod, uid: uid, since: since})
	}
}

// watchGated notes a pod that a PreEnqueue plugin keeps out of the queue.
func (s *Scheduler) watchGated(pod types.NamespacedName) {
	if info := s.queued(pod); info != nil && info.Gated() {
		s.watch(pod)
	}
}

// waitingSince is the time from which upstream counts the five minutes.
func waitingSince(info *framework.QueuedPodInfo) time.Time {
	if info.FlushTimestamp.After(info.Timestamp) {
		return info.FlushTimestamp
	}
	return info.Timestamp
}

// oldest is the first leftover that still waits.
func (s *Scheduler) oldest() (leftover, bool) {
	l := &s.leftover
	for len(l.fifo) > 0 {
		first := l.fifo[0]
		info := s.queued(first.pod)
		if info != nil && info.Pod.UID == first.uid && waitingSince(info).Equal(first.since) {
			return first, true
		}
		s.dropOldest()
	}
	l.fifo = nil
	return leftover{}, false
}

func (s *Scheduler) dropOldest() {
	l := &s.leftover
	first := l.fifo[0]
	if l.waiting[first.uid].Equal(first.since) {
		delete(l.waiting, first.uid)
	}
	l.fifo = l.fifo[1:]
}

// due is the scan at which a leftover is moved.
func (s *Scheduler) due(l leftover) sim.Time {
	limit := s.clock.instant(l.since).Add(maxUnschedulable)
	return limit - limit%sim.Time(leftoverScan) + sim.Time(leftoverScan)
}

// NextFlush is when Flush has something to do next, at the latest: it may turn
// out that it has not. It is sim.Never when no pod waits.
func (s *Scheduler) NextFlush() sim.Time {
	next := sim.Never
	if first, ok := s.oldest(); ok {
		next = s.due(first)
	}
	if len(s.upstream.SchedulingQueue.PodsInBackoffQ()) > 0 {
		now := s.clock.epoch.Add(time.Duration(s.clock.sim()))
		next = min(next, s.clock.instant(now.Truncate(backoffWindow).Add(backoffWindow)))
	}
	return next
}

// Flush does what upstream's timers do at this instant or did since the last
// call. Calling it at any time is right; at NextFlush it is needed.
func (s *Scheduler) Flush() {
	s.begin(true)
	s.flushBackoff()
	s.flushLeftovers()
}

func (s *Scheduler) flushBackoff() {
	window := s.clock.Now().Truncate(backoffWindow)
	completed := map[string]*v1.Pod{}
	for _, pod := range s.upstream.SchedulingQueue.PodsInBackoffQ() {
		if info := s.queued(keyOf(pod)); info != nil && info.BackoffExpiration.Before(window) {
			completed[keyOf(pod).String()] = pod
		}
	}
	if len(completed) > 0 {
		s.upstream.SchedulingQueue.Activate(s.logger, completed)
	}
}

func (s *Scheduler) flushLeftovers() {
	now := s.clock.sim()
	var overdue []leftover
	for first, ok := s.oldest(); ok && s.due(first) <= now; first, ok = s.oldest() {
		overdue = append(overdue, first)
		s.dropOldest()
	}
	if len(overdue) == 0 {
		return
	}
	unschedulable := sets.New[types.UID]()
	for _, pod := range s.upstream.SchedulingQueue.UnschedulablePods() {
		unschedulable.Insert(pod.UID)
	}
	moved := sets.New[types.UID]()
	for _, l := range overdue {
		if info := s.queued(l.pod); unschedulable.Has(l.uid) {
			info.SetWasFlushedFromUnschedulable(true)
			info.SetFlushTimestamp(s.clock.Now())
			moved.Insert(l.uid)
		}
	}
	s.upstream.SchedulingQueue.MoveAllToActiveOrBackoffQueue(s.logger, framework.EventUnschedulableTimeout, nil, nil,
		func(pod *v1.Pod) bool { return moved.Has(pod.UID) })
	for _, l := range overdue {
		s.watchGated(l.pod)
	}
}
