package cluster

import (
	"fmt"
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

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
	ready.LastHeartbeatTime = metav1.NewTime(wall(now))
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
	return &coordv1.Lease{Spec: coordv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: wall(renewed)}}}
}

// unheard reports whether the pod's node can't say or do anything: its machine
// is down or gone.
func (p *pod) unheard() bool {
	n := p.world.nodes[p.api.Spec.NodeName]
	return n == nil || n.life.down
}

// performOnMachines does the actions about machines and processes.
func (w *World) performOnMachines(action Action) (string, error) {
	switch a := action.(type) {
	case Taint:
		return "taint node " + a.Node + a.text(), w.withNode(a.Node, func(n *node) error { return n.taint(a) })
	case NodeFail:
		return "node fail " + a.Node, w.withNode(a.Node, (*node).fail)
	case NodeRecover:
		return "node recover " + a.Node, w.withNode(a.Node, (*node).recover)
	case NodeAdd:
		return "node add " + w.joinNodes(a.Nodes), nil
	case NodeRemove:
		return "node remove " + a.Node, w.withNode(a.Node, (*node).remove)
	case PodKill:
		names, err := w.kill(a)
		return fmt.Sprintf("pod kill %s %s%s", a.Target.Kind, a.Target.Name, names), err
	}
	return "", fmt.Errorf("unknown action %T", action)
}

func (w *World) withNode(name string, do func(*node) error) error {
	n, known := w.nodes[name]
	if !known {
		return fmt.Errorf("nodes %q not found", name)
	}
	return do(n)
}

func (a Taint) text() (text string) {
	for _, t := range a.Add {
		text += " " + t.ToString()
	}
	for _, t := range a.Remove {
		text += " " + t.ToString() + "-"
	}
	return text
}

// taint is refused as kubectl does (k8s.io/kubectl/pkg/cmd/taint/utils.go): no
// taint that is there already, none to remove that isn't.
func (n *node) taint(a Taint) error {
	now := metav1.NewTime(wall(n.world.loop.Now()))
	list := slices.Clone(n.api.Spec.Taints)
	for _, t := range a.Remove {
		deleted := false
		if t.Effect == "" {
			list, deleted = taintutils.DeleteTaintsByKey(list, t.Key)
		} else {
			list, deleted = taintutils.DeleteTaint(list, &t)
		}
		if !deleted {
			return fmt.Errorf("taint %q not found", t.ToString())
		}
	}
	for _, t := range a.Add {
		if taintutils.TaintExists(list, &t) {
			return fmt.Errorf("node %s already has %s taint(s) with same effect(s) and --overwrite is false", n.api.Name, t.Key)
		}
		if t.Effect == v1.TaintEffectNoExecute {
			t.TimeAdded = &now
		}
		list = append(list, t)
	}
	next := n.api.DeepCopy()
	next.Spec.Taints = list
	n.update(next)
	return nil
}

// fail is the end of the machine: its processes die, nobody tells the API
// server.
func (n *node) fail() error {
	if n.life.down {
		return fmt.Errorf("node %q is down already", n.api.Name)
	}
	n.stop("failed")
	n.world.lifecycle.wake()
	return nil
}

func (n *node) stop(phase string) {
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
	w.record(record.NodeChanged{At: w.at(), Node: n.api.Name, Phase: "recovered"})
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
			p.remove()
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
			c.LastTransitionTime = metav1.NewTime(wall(now).Truncate(time.Second))
		}
		c.Status, c.Reason, c.Message = status, reason, ""
		c.LastHeartbeatTime = metav1.NewTime(wall(now))
	}
	n.update(next)
}

func (w *World) joinNodes(list []*v1.Node) (names string) {
	for i, o := range list {
		if i > 0 {
			names += ", "
		}
		names += o.Name
		n := w.addNode(o)
		w.record(record.NodeChanged{At: w.at(), Node: o.Name, Phase: "added"})
		w.lifecycle.nodeChanged(nil, n)
	}
	w.scheduler.kick()
	return names
}

// remove takes the machine away and deletes its Node. Its pods stay in the API
// until the pod garbage collector misses the node.
func (n *node) remove() error {
	w := n.world
	delete(w.nodes, n.api.Name)
	n.stop("removed")
	n.recordMemory(w.loop.Now())
	w.nodeOrder = without(w.nodeOrder, n)
	w.scheduler.upstream.DeleteNode(n.api)
	w.lifecycle.nodeGone(n.api)
	return nil
}

// kill deletes pods without grace; names tells which.
func (w *World) kill(a PodKill) (names string, err error) {
	var list []*pod
	for _, p := range w.pods.inOrder() {
		named := a.Target.Kind == "Pod" && p.name() == key(a.Target.Namespace, a.Target.Name)
		if named || (p.api.DeletionTimestamp == nil && p.workload == workloadKey(a.Target.Namespace, a.Target.Kind, a.Target.Name)) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return "", fmt.Errorf("no pods found")
	}
	if w.killRandom == nil {
		w.killRandom = w.streams.Get("pod-kill", "")
	}
	w.killRandom.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i, p := range list[:min(a.Count, len(list))] {
		names += [2]string{": ", ", "}[min(i, 1)] + p.api.Name
		p.removeNow("killed")
	}
	return names, nil
}

// removeNow deletes the pod with a grace period of 0; processes that still run
// are killed.
func (p *pod) removeNow(reason string) {
	w := p.world
	if p.removed {
		return
	}
	if p.api.DeletionTimestamp == nil {
		w.record(record.PodDeleting{At: w.at(), Pod: p.name(), Reason: reason})
	}
	if p.kubelet != nil {
		p.kubelet.Kill(w.loop.Now())
	}
	p.remove()
}
