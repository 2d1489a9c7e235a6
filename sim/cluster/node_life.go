package cluster

import (
	"fmt"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// nodeLife is whether a machine runs, and the lease that its kubelet renews.
type nodeLife struct {
	since  sim.Time // it joined
	down   bool
	silent sim.Time // since then, when down
	begun  sim.Time // the kubelet's last start: renewals are counted from there
	phase  sim.Time // of the renewals
}

// register completes the Node object of a kubelet that starts. A node whose
// Ready condition is Unknown has a silent kubelet from the beginning.
func (n *node) register() {
	now := n.world.loop.Now()
	phase := n.world.streams.Get("lease", n.api.Name).Int64N(int64(nodelifecycle.LeaseRenewInterval))
	n.life = nodeLife{since: now, begun: now, phase: sim.Time(phase)}
	i, ready := nodeutil.GetNodeCondition(&n.api.Status, v1.NodeReady)
	if ready == nil {
		i = len(n.api.Status.Conditions)
		n.api.Status.Conditions = append(n.api.Status.Conditions, v1.NodeCondition{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady"})
	}
	ready = &n.api.Status.Conditions[i]
	n.life.down = ready.Status == v1.ConditionUnknown
	ready.LastHeartbeatTime = metav1.NewTime(n.world.wall(now))
}

// lease is the node's lease as it was at an instant, nil before its first
// renewal. The kubelet renews it every quarter of its duration; upstream's
// jitter of 4 % is left out.
func (n *node) lease(at sim.Time) *coordv1.Lease {
	if n.life.down {
		at = min(at, n.life.silent)
	}
	const period = sim.Time(nodelifecycle.LeaseRenewInterval)
	first := n.life.begun + n.life.phase
	renewed := n.life.begun // the kubelet's first act
	if at >= first {
		renewed = first + (at-first)/period*period
	}
	if at < n.life.since || (n.life.down && n.life.silent <= n.life.since) {
		return nil
	}
	return &coordv1.Lease{Spec: coordv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: n.world.wall(renewed)}}}
}

// unheard reports whether the pod's node can't say or do anything: its machine
// is down or gone.
func (p *pod) unheard() bool {
	n := p.world.nodes[p.api.Spec.NodeName]
	return n == nil || n.life.down
}

// fail is the end of the machine: its processes die, nobody tells the API
// server.
func (n *node) fail() error {
	if n.life.down {
		return fmt.Errorf("node %q is down already", n.api.Name)
	}
	n.stop(record.NodeFailed)
	n.world.lifecycle.wake()
	return nil
}

func (n *node) stop(phase record.NodePhase) {
	w, now := n.world, n.world.loop.Now()
	n.life.down, n.life.silent = true, now
	w.record(record.NodeChanged{At: w.at(), Node: n.api.Name, Phase: phase})
	n.host.Crash()
	for _, p := range n.pods() {
		if p.kubelet != nil {
			p.kubelet.Crash(now)
		}
	}
}

// pods are those bound to the node.
func (n *node) pods() (list []*pod) {
	for _, p := range n.world.pods.inOrder() {
		if p.api.Spec.NodeName == n.api.Name {
			list = append(list, p)
		}
	}
	return list
}

// recover is the machine's start: a little later its kubelet says that it is
// Ready and takes up its pods.
func (n *node) recover() error {
	if !n.life.down {
		return fmt.Errorf("node %q is not down", n.api.Name)
	}
	w := n.world
	w.lifecycle.wake() // which looks back to where the kubelet was silent
	n.life.down, n.life.begun = false, w.loop.Now()
	w.record(record.NodeChanged{At: w.at(), Node: n.api.Name, Phase: record.NodeRecovered})
	w.loop.After(w.spec.Latencies.Kubelet, sim.PhaseMachine, sim.Func(n.resume))
	return nil
}

// resume is the kubelet's start: of its pods those under deletion have nothing
// left to stop, the others are started anew.
func (n *node) resume(now sim.Time) {
	if n.life.down || n.world.nodes[n.api.Name] != n {
		return
	}
	n.setReady(now)
	for _, p := range n.pods() {
		switch {
		case p.api.DeletionTimestamp != nil:
			p.ended()
		case p.kubelet != nil:
			p.kubelet.Restart(now)
		default:
			n.run(now, p)
		}
	}
}

func (n *node) setReady(now sim.Time) {
	next := n.api.DeepCopy()
	for i := range next.Status.Conditions {
		c := &next.Status.Conditions[i]
		if c.Status != v1.ConditionUnknown && c.Type != v1.NodeReady {
			continue
		}
		status, reason := v1.ConditionFalse, "KubeletHasNoPressure"
		if c.Type == v1.NodeReady {
			status, reason = v1.ConditionTrue, "KubeletReady"
		}
		if c.Status != status {
			c.LastTransitionTime = metav1.NewTime(n.world.wall(now).Truncate(time.Second))
		}
		c.Status, c.Reason, c.Message = status, reason, ""
		c.LastHeartbeatTime = metav1.NewTime(n.world.wall(now))
	}
	n.update(next)
}

// remove takes the machine away and deletes its Node. Its pods stay in the API
// until the pod garbage collector misses the node.
func (n *node) remove() error {
	w := n.world
	delete(w.nodes, n.api.Name)
	n.stop(record.NodeRemoved)
	n.recordMemory(w.loop.Now())
	w.nodeOrder = without(w.nodeOrder, n)
	w.memberships++
	w.scheduler.upstream.DeleteNode(n.api)
	w.scheduler.kick() // a spread over fewer machines lets pods go elsewhere
	w.lifecycle.nodeGone(n.api)
	return nil
}
