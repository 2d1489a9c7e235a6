package machine

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// What a pod's status says when its node shuts down: of one that ran, and of one that
// came too late (pkg/kubelet/nodeshutdown/nodeshutdown_manager.go).
const (
	shutDownMessage = "Pod was terminated in response to imminent node shutdown."
	rejectedMessage = "Pod was rejected: Pod was rejected as the node is shutting down."
)

// Shutdown is the end of a machine that is asked to power off. Its kubelet says that it is
// not ready and ends the pods, as far as their grace goes, and then all stops, as with
// Break. Upstream: processShutdownEvent in
// pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go. Without a grace, when the kubelet
// does not hold the shutdown back, it is Break.
func (m *Machines) Shutdown(name string) error {
	if m.options.Shutdown.Total < time.Second {
		return m.Break(name)
	}
	return m.named(name, func(n *Node) error {
		switch {
		case n.life.down:
			return fmt.Errorf("node %q is down already", name)
		case n.life.closing:
			return fmt.Errorf("node %q is shutting down already", name)
		}
		n.life.closing = true
		m.Record(record.NodeChanged{At: m.At(), Node: name, Phase: record.NodeShuttingDown})
		m.wake()
		n.notReady(m.Now())
		n.host.Shutdown(m.Now(), m.options.Shutdown, func(sim.Time) {
			n.stop(record.NodeFailed)
			m.wake()
		})
		return nil
	})
}

// notReady writes the condition Ready of a node that shuts down (ReadyCondition in
// pkg/kubelet/nodestatus/setters.go).
func (n *Node) notReady(now sim.Time) {
	wall := n.machines.Wall(now)
	n.write(func(next *v1.Node) {
		for i := range next.Status.Conditions {
			if c := &next.Status.Conditions[i]; c.Type == v1.NodeReady {
				c.Status, c.Reason, c.Message = v1.ConditionFalse, "KubeletNotReady", "node is shutting down"
				c.LastTransitionTime = metav1.NewTime(wall.Truncate(time.Second))
				c.LastHeartbeatTime = metav1.NewTime(wall)
			}
		}
	})
}

// sayShutDown puts into the status why a pod failed.
func (p *Pod) sayShutDown(next *v1.Pod) {
	if next.Status.Phase == v1.PodFailed {
		next.Status.Reason, next.Status.Message = record.Terminated, shutDownMessage
	}
	p.machines.SetCondition(next, v1.DisruptionTarget, v1.ConditionTrue, v1.PodReasonTerminationByKubelet,
		shutDownMessage)
}

// reject is the end of a pod that a node does not take, while it shuts down or is short of
// something.
func (p *Pod) reject(reason, message string) {
	m := p.machines
	m.Record(record.PodFinished{At: m.At(), Pod: p.api.Key(), Phase: string(v1.PodFailed), Reason: reason})
	m.Free(p.api)
	p.api.Write(apiserver.Everybody, func(next *v1.Pod) {
		next.Status.Phase, next.Status.Reason, next.Status.Message = v1.PodFailed, reason, message
	})
}
