package cluster

import (
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// memoryPressure writes the node's condition. The node lifecycle controller
// taints the node for it, so that BestEffort pods are not sent there.
func (n *node) memoryPressure(now sim.Time, pressure bool) {
	if n.world.nodes[n.api.Name] != n || n.life.down {
		return
	}
	condition := v1.NodeCondition{
		Type: v1.NodeMemoryPressure, Status: v1.ConditionFalse, Reason: "KubeletHasSufficientMemory",
		Message:            "kubelet has sufficient memory available",
		LastHeartbeatTime:  metav1.NewTime(n.world.wall(now)),
		LastTransitionTime: metav1.NewTime(n.world.wall(now).Truncate(time.Second)),
	}
	phase := record.NodeRelieved
	if pressure {
		condition.Status, condition.Reason, phase = v1.ConditionTrue, "KubeletHasInsufficientMemory", record.NodePressed
		condition.Message = "kubelet has insufficient memory available"
	}
	next := n.api.DeepCopy()
	if i, old := nodeutil.GetNodeCondition(&next.Status, v1.NodeMemoryPressure); old != nil {
		next.Status.Conditions[i] = condition
	} else {
		next.Status.Conditions = append(next.Status.Conditions, condition)
	}
	n.world.record(record.NodeChanged{At: n.world.at(), Node: n.api.Name, Phase: phase})
	n.update(next)
}

// Evicted implements kubelet.Observer. The API learns of it with the phase.
func (p *pod) Evicted(_ sim.Time, message string) {
	p.evicted = message
	p.world.record(record.PodEvicted{At: p.world.at(), Pod: p.name(), Node: p.api.Spec.NodeName, Message: message})
}

// sayEvicted puts into the status why a pod failed.
func (p *pod) sayEvicted(next *v1.Pod) {
	if p.evicted == "" {
		return
	}
	next.Status.Reason, next.Status.Message = "Evicted", p.evicted
	p.setCondition(next, v1.DisruptionTarget, v1.ConditionTrue, v1.PodReasonTerminationByKubelet, p.evicted)
}
