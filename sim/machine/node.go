package machine

import (
	"strings"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// leaseRenewInterval is how often a kubelet renews its lease: every quarter of the
// lease's duration of 40 s (pkg/kubelet/kubelet.go, nodeLeaseRenewIntervalFraction).
const leaseRenewInterval = 10 * time.Second

// Node is a machine and its kubelet.
type Node struct {
	machines *Machines
	name     string
	host     *kubelet.Host
	pool     *pool
	life     nodeLife
}

// kwok reports whether a node is one of kwok's: by its own annotation, or by one of
// the name kwok that a cluster with real nodes, too, selects them by
// (--manage-nodes-with-annotation-selector).
func kwok(o *v1.Node) bool {
	for name, value := range o.Annotations {
		if name == "kwok.x-k8s.io/node" && value == "fake" || strings.HasSuffix(name, "/kwok") {
			return true
		}
	}
	return false
}

// nodeLife is whether a machine runs, and the lease that its kubelet renews.
type nodeLife struct {
	since sim.Time // it joined
	down  bool
	// closing is that the machine is being shut down.
	closing bool
	silent  sim.Time // since then, when down
	begun   sim.Time // the kubelet's last start: renewals are counted from there
	phase   sim.Time // of the renewals
}

func (n *Node) object() *v1.Node {
	o, _ := apiserver.Find[*v1.Node](n.machines.Store, "", n.name)
	return o
}

// write replaces the Node by a copy that was changed.
func (n *Node) write(change func(next *v1.Node)) {
	old := n.object()
	next := old.DeepCopy()
	change(next)
	n.machines.Fail(n.machines.Replace(old, next))
}

// register completes the Node object of a kubelet that starts. A node whose
// Ready condition is Unknown has a silent kubelet from the beginning.
func (n *Node) register(o *v1.Node) {
	m := n.machines
	now := m.Now()
	phase := m.Streams.Get("lease", n.name).Int64N(int64(leaseRenewInterval))
	n.life = nodeLife{since: now, begun: now, phase: sim.Time(phase)}
	i, ready := nodeutil.GetNodeCondition(&o.Status, v1.NodeReady)
	if ready == nil {
		i = len(o.Status.Conditions)
		o.Status.Conditions = append(o.Status.Conditions, v1.NodeCondition{Type: v1.NodeReady, Status: v1.ConditionTrue,
			Reason: "KubeletReady"})
	}
	ready = &o.Status.Conditions[i]
	n.life.down = ready.Status == v1.ConditionUnknown
	ready.LastHeartbeatTime = metav1.NewTime(m.Wall(now))
}

// lease is the node's lease as it was at an instant, nil before its first
// renewal. Upstream's jitter of 4 % is left out.
func (n *Node) lease(at sim.Time) *coordv1.Lease {
	if n.life.down {
		at = min(at, n.life.silent)
	}
	const period = sim.Time(leaseRenewInterval)
	first := n.life.begun + n.life.phase
	renewed := n.life.begun // the kubelet's first act
	if at >= first {
		renewed = first + (at-first)/period*period
	}
	if at < n.life.since || (n.life.down && n.life.silent <= n.life.since) {
		return nil
	}
	return &coordv1.Lease{Spec: coordv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: n.machines.Wall(renewed)}}}
}

// stop ends all processes of the machine.
func (n *Node) stop(phase record.NodePhase) {
	m := n.machines
	n.life.down, n.life.closing, n.life.silent = true, false, m.Now()
	m.Record(record.NodeChanged{At: m.At(), Node: n.name, Phase: phase})
	n.host.Crash(m.Now())
}

// pods are those bound to the node.
func (n *Node) pods() (list []*Pod) {
	for _, p := range n.machines.PodsOn(n.name) {
		list = append(list, n.machines.pod(p))
	}
	return list
}

// resume is the kubelet's start: of its pods those under deletion have nothing
// left to stop, the others are started anew.
func (n *Node) resume(now sim.Time) {
	if n.life.down || n.machines.nodes[n.name] != n {
		return
	}
	n.setReady(now)
	n.host.Boot(now)
	for _, p := range n.pods() {
		switch {
		case p.api.Deleting():
			p.ended()
		case p.kubelet != nil:
			p.evicted, p.shut = "", false
			p.kubelet.Restart(now)
		default:
			n.run(now, p)
		}
	}
}

func (n *Node) setReady(now sim.Time) {
	wall := n.machines.Wall(now)
	n.write(func(next *v1.Node) {
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
				c.LastTransitionTime = metav1.NewTime(wall.Truncate(time.Second))
			}
			c.Status, c.Reason, c.Message = status, reason, ""
			c.LastHeartbeatTime = metav1.NewTime(wall)
		}
	})
}

// pressures are the conditions of a node that is short of something, with the words of
// pkg/kubelet/nodestatus/setters.go.
var pressures = map[v1.NodeConditionType]struct {
	lacks, has, enough, little string
	phases                     [2]record.NodePhase
}{
	v1.NodeMemoryPressure: {"KubeletHasInsufficientMemory", "KubeletHasSufficientMemory", "kubelet has sufficient memory available",
		"kubelet has insufficient memory available", [...]record.NodePhase{record.NodeRelieved, record.NodePressed}},
	v1.NodeDiskPressure: {"KubeletHasDiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure",
		"kubelet has disk pressure", [...]record.NodePhase{record.NodeDiskRelieved, record.NodeDiskPressed}},
}

// pressure writes a condition of the node. The node lifecycle controller taints the node
// for it, so that pods that don't tolerate it are not sent there.
func (n *Node) pressure(now sim.Time, kind v1.NodeConditionType, on bool) {
	m, of := n.machines, pressures[kind]
	if m.nodes[n.name] != n || n.life.down {
		return
	}
	condition := v1.NodeCondition{
		Type: kind, Status: v1.ConditionFalse, Reason: of.has, Message: of.enough,
		LastHeartbeatTime:  metav1.NewTime(m.Wall(now)),
		LastTransitionTime: metav1.NewTime(m.Wall(now).Truncate(time.Second)),
	}
	phase := of.phases[0]
	if on {
		condition.Status, condition.Reason, condition.Message, phase = v1.ConditionTrue, of.lacks, of.little, of.phases[1]
	}
	m.Record(record.NodeChanged{At: m.At(), Node: n.name, Phase: phase})
	n.write(func(next *v1.Node) {
		if i, old := nodeutil.GetNodeCondition(&next.Status, kind); old != nil {
			next.Status.Conditions[i] = condition
		} else {
			next.Status.Conditions = append(next.Status.Conditions, condition)
		}
	})
}
