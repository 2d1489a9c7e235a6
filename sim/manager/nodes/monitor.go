package nodes

import (
	"math/rand/v2"
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// monitor is the node lifecycle controller. When every node is in a settled state
// its ticks stop, and wake makes up for the last of those that were left out.
type monitor struct {
	requests
	machines Machines
	decides  *nodelifecycle.Monitor

	tick, taint       sim.Timer
	phase, taintPhase sim.Time // of the pollers
	period            time.Duration
	ticked            sim.Time // last, -1 before the first
	waking            bool
	passing           bool // the writes of a pass are under way
	always            bool // it polls without end
}

// lookBack is how long before a change the ticks matter that were left out:
// within it every kubelet renews its lease more than once.
const lookBack = 60 * time.Second

// monitorTime is what a pass of the monitor takes. The next one begins a period
// after its end (k8s.io/apimachinery/pkg/util/wait, UntilWithContext). So ten
// periods are over, and with the default flags the grace period as well, when the
// tenth pass after a lease was seen looks.
const monitorTime = time.Millisecond

func newMonitor(p *manager.Parts, machines Machines, o Options, random *rand.Rand) (*monitor, error) {
	client := p.Server.NewClient(manager.Options{Latency: max(0, o.Latency-manager.WatchTime), Polls: true})
	m := &monitor{
		requests: requests{p, client}, machines: machines, always: o.PollAlways,
		ticked: -1, period: o.Config.NodeMonitorPeriod + monitorTime,
	}
	var err error
	if m.decides, err = nodelifecycle.NewMonitor(o.Config); err != nil {
		return nil, err
	}
	m.phase = sim.Time(random.Int64N(int64(o.Config.NodeMonitorPeriod)))
	m.taintPhase = m.phase
	m.tick.Init(p.Loop, sim.PhaseControl, m.onTick)
	m.taint.Init(p.Loop, sim.PhaseControl, m.onTaint)
	return m, nil
}

// begin is the start of a run.
func (m *monitor) begin() {
	if m.always || !m.allSettled() {
		m.wake()
	}
}

func (m *monitor) allSettled() bool {
	for _, n := range apiserver.List[*v1.Node](m.Store) {
		if !m.settled(n) {
			return false
		}
	}
	return true
}

// settled reports whether the monitor has nothing more to do about a node as
// long as nothing happens to it.
func (m *monitor) settled(n *v1.Node) bool {
	_, ready := nodeutil.GetNodeCondition(&n.Status, v1.NodeReady)
	has := func(key string) bool {
		return taintutils.TaintExists(n.Spec.Taints, &v1.Taint{Key: key, Effect: v1.TaintEffectNoExecute})
	}
	unreachable, notReady, down := has(v1.TaintNodeUnreachable), has(v1.TaintNodeNotReady), m.machines.Down(n.Name)
	switch ready.Status {
	case v1.ConditionTrue:
		return !down && !unreachable && !notReady
	case v1.ConditionUnknown:
		return down && unreachable && !notReady
	}
	return !down && notReady && !unreachable
}

// nextTick is the first instant of a poller's ticker after now.
func nextTick(now, phase sim.Time, period time.Duration) sim.Time {
	if now < phase {
		return phase
	}
	return phase + ((now-phase)/sim.Time(period)+1)*sim.Time(period)
}

// wake makes the monitor look at the nodes regularly from now on. What it would
// remember of the time in which it didn't is made up for.
func (m *monitor) wake() {
	if m.tick.Armed() || m.waking || m.passing {
		return
	}
	m.waking = true
	defer func() { m.waking = false }()
	now := m.Now()
	from := max(m.ticked, now.Add(-lookBack), -1)
	at := nextTick(from, m.phase, m.period)
	for ; at < now; at = at.Add(m.period) {
		m.perform(writesOf(m.decides.Tick(m.view(at), m.Wall(at))), func() {})
		m.ticked = at
	}
	m.tick.Set(at)
}

// view is the nodes that had joined at some time, with their leases of that time.
func (m *monitor) view(at sim.Time) nodelifecycle.View {
	v := nodelifecycle.View{
		Lease: func(name string) *coordv1.Lease { return m.machines.Lease(name, at) },
		PodsOn: func(name string) []*v1.Pod {
			return podsOn(m.Store, name)
		},
	}
	for _, n := range apiserver.List[*v1.Node](m.Store) {
		if m.machines.Joined(n.Name) <= at {
			v.Nodes = append(v.Nodes, n)
		}
	}
	return v
}

func podsOn(s *apiserver.Store, node string) (list []*v1.Pod) {
	for _, p := range s.PodsOn(node) {
		list = append(list, p.Object())
	}
	return list
}

func (m *monitor) onTick(now sim.Time) {
	m.ticked, m.passing = now, true
	pass, actions := m.decides.Begin(m.view(now), m.Wall(now))
	m.waitForTaint(now)
	m.perform(actions, func() { m.perform(pass.End(m.WallNow()), m.passed) })
}

// passed is the end of a pass: the next one begins a period later, as long as
// there is something to see.
func (m *monitor) passed() {
	m.passing = false
	m.phase = m.Now().Add(m.period)
	if m.always || !m.allSettled() {
		m.tick.Set(m.phase)
	}
}

// writesOf leaves events out: those of passes that are made up for were posted
// long ago.
func writesOf(actions []nodelifecycle.Action) []nodelifecycle.Action {
	return slices.DeleteFunc(actions, func(a nodelifecycle.Action) bool {
		_, is := a.(nodelifecycle.Event)
		return is
	})
}

// waitForTaint lets the taint pass run while a node waits for its taint.
func (m *monitor) waitForTaint(now sim.Time) {
	if m.decides.Waiting() && !m.taint.Armed() {
		m.taint.Set(nextTick(now, m.taintPhase, nodelifecycle.TaintPeriod))
	}
}

func (m *monitor) onTaint(now sim.Time) {
	named := func(name string) *v1.Node { return nodeNamed(m.Store, name) }
	m.perform(m.decides.TaintPass(named, m.Wall(now)), func() {})
	m.waitForTaint(now)
}

// taintByConditions gives a node the NoSchedule taints of its conditions.
func (m *monitor) taintByConditions(o *v1.Node) {
	m.perform(nodelifecycle.NoScheduleTaints(o, m.WallNow()), func() {})
}

// nodeChanged is a node that is new or was written. The controller learns of it
// by a watch.
func (m *monitor) nodeChanged(n *node) {
	if len(nodelifecycle.NoScheduleTaints(n.api, m.WallNow())) > 0 {
		m.Loop.After(manager.WatchTime, sim.PhaseControl, sim.Func(func(sim.Time) { m.taintByConditions(n.api) }))
	}
	if !m.settled(n.api) {
		m.wake()
	}
}
