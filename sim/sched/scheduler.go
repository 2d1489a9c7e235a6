package sched

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
)

// Scheduler is kube-scheduler in virtual time. It belongs to one goroutine;
// any number of them may run side by side.
type Scheduler struct {
	upstream  *scheduler.Scheduler
	profiles  map[string]*profile
	informers *informerSet
	pods      cache.Indexer
	snapshot  *internalcache.Snapshot
	clock     *virtualClock
	effects   *effects

	ctx    context.Context
	cancel context.CancelFunc
	logger klog.Logger

	search  search
	classes classes
	spreads []*spreadPlugin // by the system's defaults
	// nominations are on nodes, or were.
	nominations bool
	imagined    int64                     // the last generation of a node with copies for headroom, below 0
	images      bool                      // a node has had images
	unseen      func(old, p *v1.Pod) bool // nil where there are out-of-tree plugins
	binding     map[types.UID]*binding
	taken       taken
	room        *room
	leftover    leftovers
	ready       readiness
	active      int    // pods in the active queue, at least
	version     uint64 // the last resource version given out, see Set
	qps         float64
	burst       int
}

// ClientLimit is how many requests a second the scheduler's client may send, and
// how many at once (clientConnection.qps and burst).
func (s *Scheduler) ClientLimit() (qps float64, burst int) { return s.qps, s.burst }

// New builds a scheduler for a cluster without objects. now is the virtual
// time, epoch the wall-clock time of its start: queue timestamps and back-off
// windows (whole seconds) are counted from it. Close must be called.
//
// Errors are about plugins: unknown names, or arguments they refuse.
func New(cfg Config, epoch time.Time, now func() sim.Time) (*Scheduler, error) {
	if err := setGates(); err != nil {
		return nil, err
	}
	component, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	room := &room{preempting: sets.New[types.UID](), snapshot: internalcache.NewEmptySnapshot(), exact: cfg.Exact}
	spreads := map[string]*spreadPlugin{}
	plugins, err := cfg.plugins(room, spreads)
	if err != nil {
		return nil, fmt.Errorf("out-of-tree plugins: %w", err)
	}
	s := &Scheduler{
		clock:    newVirtualClock(epoch, now),
		snapshot: room.snapshot,
		effects:  newEffects(),
		logger:   logr.Discard(),
		binding:  map[types.UID]*binding{},
		room:     room,
		profiles: map[string]*profile{},
		qps:      float64(component.ClientConnection.QPS),
		burst:    int(component.ClientConnection.Burst),
		search:   search{percentage: ptr.Deref(component.PercentageOfNodesToScore, 0)},
	}
	s.informers = newInformerSet(s.effects)
	s.pods = s.informers.of(&v1.Pod{}).GetIndexer()
	s.effects.informers = s.informers
	s.leftover.waiting = map[types.UID]time.Time{}
	s.ctx, s.cancel = context.WithCancel(klog.NewContext(context.Background(), s.logger))
	s.upstream, err = scheduler.New(s.ctx, s.effects, s.informers, nil,
		func(string) events.EventRecorderLogger { return recorder{s.effects} },
		scheduler.WithComponentConfigVersion(component.APIVersion),
		scheduler.WithProfiles(component.Profiles...),
		scheduler.WithPercentageOfNodesToScore(component.PercentageOfNodesToScore),
		scheduler.WithPodInitialBackoffSeconds(component.PodInitialBackoffSeconds),
		scheduler.WithPodMaxBackoffSeconds(component.PodMaxBackoffSeconds),
		scheduler.WithPodMaxInUnschedulablePodsDuration(maxUnschedulable),
		scheduler.WithFrameworkOutOfTreeRegistry(plugins),
		scheduler.WithClock(s.clock),
		scheduler.WithNodeInfoSnapshot(s.snapshot),
		// One worker goes through the nodes in order, which decides where the
		// sample of a large cluster ends.
		scheduler.WithParallelism(1),
	)
	if err != nil {
		s.cancel()
		return nil, fmt.Errorf("scheduler: %w", err)
	}
	for name, fw := range s.upstream.Profiles {
		s.profiles[name] = &profile{Framework: fw, plugins: pluginsOf(fw.ListPlugins()),
			scoring: scoringOf(fw.ListPlugins()), spread: spreads[name]}
	}
	if len(cfg.registry) == 0 && !cfg.tellAll {
		s.unseen = unseen
	}
	for _, spread := range spreads {
		spread.numbers, spread.selectors = &s.search.numbers, map[string]labels.Selector{}
		s.spreads = append(s.spreads, spread)
	}
	room.order = newOrder(s.upstream.Cache)
	s.upstream.Cache = room.order
	// A closed queue works as before, except that Pop on an empty one returns
	// nothing instead of waiting for another goroutine (active_queue.go,
	// unlockedPop).
	s.upstream.SchedulingQueue.Close()
	return s, nil
}

// Close ends the goroutines that upstream starts for its metrics.
func (s *Scheduler) Close() {
	s.cancel()
	// Plugins that can be closed are out-of-tree ones; nothing is left to do
	// about one that fails to.
	_ = s.upstream.Profiles.Close()
}

// HandlesSchedulerName reports whether a profile has the name. A pod of
// another scheduler is left alone, though it counts on its node once it is
// assigned.
func (s *Scheduler) HandlesSchedulerName(name string) bool { return s.profiles[name] != nil }

// SchedulerNames are the names of the profiles, sorted.
func (s *Scheduler) SchedulerNames() []string { return slices.Sorted(maps.Keys(s.profiles)) }

// GatedBy is the PreEnqueue plugin that keeps a pod out of the queue, such as
// SchedulingGates; "" when the pod waits for nothing but its turn. Of several
// in-tree plugins it is SchedulingGates.
func (s *Scheduler) GatedBy(p *v1.Pod) string {
	info := s.queued(keyOf(p))
	switch {
	case info == nil:
		return ""
	case info.Gated() && len(info.Pod.Spec.SchedulingGates) > 0:
		// Upstream asks its plugins in the order of a map.
		return names.SchedulingGates
	default:
		return info.GatingPlugin
	}
}

// queued is the queue's record of a pod, nil when it isn't queued.
func (s *Scheduler) queued(pod types.NamespacedName) *framework.QueuedPodInfo {
	info, _ := s.upstream.SchedulingQueue.GetPod(pod.Name, pod.Namespace, nil)
	return info
}

// readiness is what is known about the head of the queue.
type readiness int8

const (
	unknown readiness = iota
	popable
	empty
)

// begin starts a call that changes state. One that can only add pods to the
// active queue keeps the knowledge that there is one.
func (s *Scheduler) begin(onlyAdds bool) {
	s.clock.step()
	if !onlyAdds {
		s.took()
	}
	if !onlyAdds || s.ready != popable {
		s.ready = unknown
	}
}

// took notes that one pod at the most has left the active queue. Calls are
// about one pod each, or only ever add some.
func (s *Scheduler) took() { s.active = max(0, s.active-1) }

// Ready reports whether ScheduleOne has a pod to try. It costs a walk over
// the queue after calls that may have emptied it, nothing otherwise.
func (s *Scheduler) Ready() bool {
	if s.ready == unknown {
		s.ready = empty
		if s.hasPopable() {
			s.ready = popable
		}
	}
	return s.ready == popable
}

func (s *Scheduler) hasPopable() bool {
	if s.active > 0 {
		return true
	}
	queue := s.upstream.SchedulingQueue
	if s.active = len(queue.PodsInActiveQ()); s.active > 0 {
		return true
	}
	// An idle scheduler takes pods out of backoff (SchedulerPopFromBackoffQ),
	// but not those whose last attempt ended in an error, which is how a pod
	// without rejecting plugins got there (backoff_queue.go, add).
	for _, pod := range queue.PodsInBackoffQ() {
		info := s.queued(keyOf(pod))
		if info != nil && info.UnschedulablePlugins.Len()+info.PendingPlugins.Len() > 0 {
			return true
		}
	}
	return false
}
