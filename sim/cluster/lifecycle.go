package cluster

import (
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// lifecycle drives the controllers of failing nodes. They poll, but only while
// there is something to see: when every node is in a settled state the ticks
// stop, and wake makes up for the last of those that were left out.
type lifecycle struct {
	world     *World
	monitor   *nodelifecycle.Monitor
	evictions *nodelifecycle.TaintEviction
	gc        *nodelifecycle.PodGC

	tick, taint, due, collect sim.Timer
	phase, collectPhase       sim.Time // of the pollers
	taintPhase                sim.Time
	ticked                    sim.Time // last, -1 before the first
	period                    time.Duration
	waking                    bool
	passing, collecting       bool // the writes of a pass are under way
	over                      int  // pods that have ended and are there
	threshold                 int  // of them, from which on the oldest are collected
	always                    bool // poll without end, for tests
}

// lookBack is how long before a change the ticks matter that were left out:
// within it every kubelet renews its lease more than once.
const lookBack = 60 * time.Second

// monitorTime is what a pass of the monitor takes. The next one begins a period
// after its end (k8s.io/apimachinery/pkg/util/wait, UntilWithContext), so when
// the tenth pass after a lease was seen looks, ten periods are over, and with the
// default flags the grace period as well.
const monitorTime = time.Millisecond

// collectPeriod is that of the pod garbage collector with what a pass takes
// before it deletes anything. Deletions put off the passes that follow.
const collectPeriod = nodelifecycle.PodGCPeriod + time.Millisecond

func newLifecycle(w *World) (*lifecycle, error) {
	cfg := w.spec.NodeLifecycle
	if cfg == (nodelifecycle.Config{}) {
		cfg = nodelifecycle.DefaultConfig()
	}
	l := &lifecycle{world: w, evictions: nodelifecycle.NewTaintEviction(), ticked: -1, threshold: cfg.TerminatedPodGCThreshold, period: cfg.NodeMonitorPeriod + monitorTime}
	var err error
	if l.monitor, err = nodelifecycle.NewMonitor(cfg); err != nil {
		return nil, err
	}
	if l.gc, err = nodelifecycle.NewPodGC(cfg); err != nil {
		return nil, err
	}
	random := w.streams.Get("node-lifecycle", "pollers")
	l.phase = sim.Time(random.Int64N(int64(cfg.NodeMonitorPeriod)))
	l.taintPhase = l.phase
	l.collectPhase = sim.Time(random.Int64N(int64(nodelifecycle.PodGCPeriod))).Add(time.Millisecond)
	l.tick.Init(w.loop, sim.PhaseControl, l.onTick)
	l.taint.Init(w.loop, sim.PhaseControl, l.onTaint)
	l.due.Init(w.loop, sim.PhaseControl, l.onDue)
	l.collect.Init(w.loop, sim.PhaseControl, l.onCollect)
	return l, nil
}

// start meets the nodes of time 0.
func (l *lifecycle) start() {
	settled := !l.always
	for _, n := range l.world.nodeOrder {
		l.evict(l.evictions.NodeChanged(nil, n.api, nil, l.now()))
		l.perform(nodelifecycle.NoScheduleTaints(n.api, l.now()), func() {})
		settled = settled && n.settled()
	}
	if !settled {
		l.wake()
	}
}

func (l *lifecycle) now() time.Time { return l.world.wall(l.world.loop.Now()) }

// settled reports whether the monitor has nothing more to do about a node as
// long as nothing happens to it.
func (n *node) settled() bool {
	_, ready := nodeutil.GetNodeCondition(&n.api.Status, v1.NodeReady)
	has := func(key string) bool {
		return taintutils.TaintExists(n.api.Spec.Taints, &v1.Taint{Key: key, Effect: v1.TaintEffectNoExecute})
	}
	unreachable, notReady := has(v1.TaintNodeUnreachable), has(v1.TaintNodeNotReady)
	switch ready.Status {
	case v1.ConditionTrue:
		return !n.life.down && !unreachable && !notReady
	case v1.ConditionUnknown:
		return n.life.down && unreachable && !notReady
	}
	return !n.life.down && notReady && !unreachable
}

// next is the first instant of a poller's ticker after now.
func next(now, phase sim.Time, period time.Duration) sim.Time {
	if now < phase {
		return phase
	}
	return phase + ((now-phase)/sim.Time(period)+1)*sim.Time(period)
}

// wake makes the monitor look at the nodes regularly from now on. What it
// would remember of the time in which it didn't is made up for.
func (l *lifecycle) wake() {
	if l.tick.Armed() || l.waking || l.passing {
		return
	}
	l.waking = true
	defer func() { l.waking = false }()
	now := l.world.loop.Now()
	from := max(l.ticked, now.Add(-lookBack), -1)
	at := next(from, l.phase, l.period)
	for ; at < now; at = at.Add(l.period) {
		l.perform(writesOf(l.monitor.Tick(l.view(at), l.world.wall(at))), func() {})
		l.ticked = at
	}
	l.tick.Set(at)
}

func (l *lifecycle) view(at sim.Time) nodelifecycle.View {
	w := l.world
	v := nodelifecycle.View{
		Lease: func(name string) *coordv1.Lease { return w.nodes[name].lease(at) },
		PodsOn: func(name string) (list []*v1.Pod) {
			for _, p := range w.nodes[name].pods() {
				list = append(list, p.api)
			}
			return list
		},
	}
	for _, n := range w.nodeOrder {
		if n.life.since <= at {
			v.Nodes = append(v.Nodes, n.api)
		}
	}
	return v
}

func (l *lifecycle) onTick(now sim.Time) {
	l.ticked, l.passing = now, true
	pass, actions := l.monitor.Begin(l.view(now), l.world.wall(now))
	l.waitForTaint(now)
	l.perform(actions, func() { l.perform(pass.End(l.now()), l.passed) })
}

// passed is the end of a pass: the next one begins a period later, as long as
// there is something to see.
func (l *lifecycle) passed() {
	l.passing = false
	l.phase = l.world.loop.Now().Add(l.period)
	again := l.always
	for _, n := range l.world.nodeOrder {
		again = again || !n.settled()
	}
	if again {
		l.tick.Set(l.phase)
	}
}

// writesOf leaves events out: those of passes that are made up for were posted
// long ago.
func writesOf(actions []nodelifecycle.Action) []nodelifecycle.Action {
	return slices.DeleteFunc(actions, func(a nodelifecycle.Action) bool { _, is := a.(nodelifecycle.Event); return is })
}

// waitForTaint lets the taint pass run while a node waits for its taint.
func (l *lifecycle) waitForTaint(now sim.Time) {
	if l.monitor.Waiting() && !l.taint.Armed() {
		l.taint.Set(next(now, l.taintPhase, nodelifecycle.TaintPeriod))
	}
}

func (l *lifecycle) onTaint(now sim.Time) {
	l.perform(l.monitor.TaintPass(func(name string) *v1.Node {
		if n := l.world.nodes[name]; n != nil {
			return n.api
		}
		return nil
	}, l.world.wall(now)), func() {})
	l.waitForTaint(now)
}

// nodeChanged tells the controllers of a node that is new (old is nil) or
// changed.
func (l *lifecycle) nodeChanged(old *v1.Node, n *node) {
	var pods []*v1.Pod
	if len(n.api.Spec.Taints) > 0 || (old != nil && len(old.Spec.Taints) > 0) {
		for _, p := range n.pods() {
			pods = append(pods, p.api)
		}
	}
	l.evict(l.evictions.NodeChanged(old, n.api, pods, l.now()))
	l.setDue()
	if old != nil {
		l.recordReadiness(old, n.api)
	}
	if len(nodelifecycle.NoScheduleTaints(n.api, l.now())) > 0 {
		l.world.loop.After(manager.WatchTime, sim.PhaseControl, sim.Func(func(sim.Time) {
			l.perform(nodelifecycle.NoScheduleTaints(n.api, l.now()), func() {})
		}))
	}
	if !n.settled() {
		l.wake()
	}
	if taintutils.TaintKeyExists(n.api.Spec.Taints, v1.TaintNodeOutOfService) {
		l.collectLater()
	}
}

// nodeGone tells them that a node is deleted.
func (l *lifecycle) nodeGone(o *v1.Node) {
	l.evict(l.evictions.NodeChanged(o, nil, nil, l.now()))
	l.collectLater()
}

// podChanged tells the taint eviction of a pod that is new on a node or gone.
func (l *lifecycle) podChanged(before, after *v1.Pod) {
	l.evict(l.evictions.PodChanged(before, after, l.now()))
	l.setDue()
}

func (l *lifecycle) setDue() {
	if at, ok := l.evictions.Next(); ok {
		l.due.Set(max(sim.Time(at.Sub(l.world.start())), l.world.loop.Now()))
		return
	}
	l.due.Stop()
}

func (l *lifecycle) onDue(now sim.Time) {
	l.evict(l.evictions.Due(l.world.wall(now)))
	l.setDue()
}

// collectLater lets the pod garbage collector look, from now on.
func (l *lifecycle) collectLater() {
	if !l.collect.Armed() && !l.collecting {
		l.collect.Set(next(l.world.loop.Now(), l.collectPhase, collectPeriod))
	}
}

// podEnded counts a pod that has ended. Those beyond the threshold are collected.
func (l *lifecycle) podEnded(p *pod) {
	if !p.over {
		p.over = true
		l.over++
	}
	if l.tooManyEnded() {
		l.collectLater()
	}
}

func (l *lifecycle) tooManyEnded() bool { return l.threshold > 0 && l.over > l.threshold }

func (l *lifecycle) onCollect(now sim.Time) {
	w := l.world
	var pods []*v1.Pod
	for _, p := range w.pods.inOrder() {
		pods = append(pods, p.api)
	}
	l.collecting = true
	l.inTurn(w.controllers.podGC, l.gc.Collect(pods, func(name string) *v1.Node {
		if n := w.nodes[name]; n != nil {
			return n.api
		}
		return nil
	}, l.world.wall(now)), func() {
		l.collecting = false
		l.collectPhase = w.loop.Now().Add(collectPeriod)
		if l.uncollected() {
			l.collectLater()
		}
	})
}

// uncollected reports whether there is a pod that the pod garbage collector
// will have to do with.
func (l *lifecycle) uncollected() bool {
	if l.tooManyEnded() {
		return true
	}
	w := l.world
	for _, p := range w.pods.inOrder() {
		name := p.api.Spec.NodeName
		n := w.nodes[name]
		if name == "" && p.api.DeletionTimestamp != nil {
			return true
		}
		if name != "" && (n == nil || taintutils.TaintKeyExists(n.api.Spec.Taints, v1.TaintNodeOutOfService)) {
			return true
		}
	}
	return false
}
