package nodelifecycle

import (
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
)

// health is what the monitor remembers of a node (nodeHealthData).
type health struct {
	probe time.Time         // the last sign of life, by the monitor's clock
	ready *v1.NodeCondition // as last seen
	lease *coordv1.Lease
}

// silenced are the conditions that a silent node loses. NetworkUnavailable is
// not the kubelet's.
var silenced = []v1.NodeConditionType{v1.NodeReady, v1.NodeMemoryPressure, v1.NodeDiskPressure, v1.NodePIDPressure}

// update takes in a node's signs of life and returns what its conditions are
// to be when they change, which it also asks for (tryUpdateNodeHealth).
func (p *pass) update(node *v1.Node) []v1.NodeCondition {
	h := p.observe(node)
	grace := p.cfg.NodeMonitorGracePeriod
	_, ready := nodeutil.GetNodeCondition(&node.Status, v1.NodeReady)
	if ready == nil {
		grace = p.cfg.NodeStartupGracePeriod
	}
	if !p.now.After(h.probe.Add(grace)) {
		return nil
	}
	if ready != nil && ready.Status == v1.ConditionUnknown {
		return nil // upstream looks at nothing but Ready for a difference
	}
	conditions := p.unknown(node)
	for i := range conditions {
		if conditions[i].Type == v1.NodeReady {
			h.ready = conditions[i].DeepCopy()
		}
	}
	h.lease = p.Lease(node.Name)
	p.actions = append(p.actions, SetConditions{Node: node.Name, Conditions: conditions})
	return conditions
}

// observe finds out when a node last gave a sign of life: a Ready condition
// with another heartbeat time, or a lease with a later renewal.
func (p *pass) observe(node *v1.Node) *health {
	_, ready := nodeutil.GetNodeCondition(&node.Status, v1.NodeReady)
	h := p.health[node.Name]
	var saved *coordv1.Lease
	if h != nil {
		saved = h.lease
	}
	switch {
	case ready == nil && h == nil:
		h = &health{probe: node.CreationTimestamp.Time}
	case ready == nil:
		h.ready = nil
	case h == nil || h.ready == nil || !h.ready.LastHeartbeatTime.Equal(&ready.LastHeartbeatTime):
		// Upstream forgets the lease here, and so counts an old one as a sign
		// of life in the next pass.
		h = &health{probe: p.now, ready: ready.DeepCopy()}
	}
	p.health[node.Name] = h
	if lease := p.Lease(node.Name); lease != nil && (saved == nil || saved.Spec.RenewTime.Before(lease.Spec.RenewTime)) {
		h.lease, h.probe = lease, p.now
	}
	return h
}

func (p *pass) unknown(node *v1.Node) []v1.NodeCondition {
	list := slices.Clone(node.Status.Conditions)
	for _, kind := range silenced {
		i := slices.IndexFunc(list, func(c v1.NodeCondition) bool { return c.Type == kind })
		switch {
		case i < 0:
			list = append(list, v1.NodeCondition{Type: kind, Status: v1.ConditionUnknown, Reason: "NodeStatusNeverUpdated",
				Message:           "Kubelet never posted node status.",
				LastHeartbeatTime: node.CreationTimestamp, LastTransitionTime: metav1.NewTime(p.now)})
		case list[i].Status != v1.ConditionUnknown:
			list[i].Status, list[i].Reason, list[i].Message = v1.ConditionUnknown, "NodeStatusUnknown",
				"Kubelet stopped posting node status."
			list[i].LastTransitionTime = metav1.NewTime(p.now)
		}
	}
	return list
}

// PodAssigned is due when a pod is new on a node: one that lands on a node
// that is not Ready is marked so (processPod). The node must still be there.
func (m *Monitor) PodAssigned(pod *v1.Pod, now time.Time) []Action {
	h := m.health[pod.Spec.NodeName]
	if h == nil || h.ready == nil || h.ready.Status == v1.ConditionTrue {
		return nil
	}
	return markNotReady(pod, now)
}

// markNotReady makes a pod's Ready condition False, keeping its reason
// (pkg/controller/util/node, MarkPodsNotReady).
func markNotReady(pod *v1.Pod, now time.Time) []Action {
	i, c := podutil.GetPodCondition(&pod.Status, v1.PodReady)
	if c == nil || c.Status == v1.ConditionFalse {
		return nil
	}
	conditions := pod.DeepCopy().Status.Conditions
	conditions[i].Status = v1.ConditionFalse
	conditions[i].LastTransitionTime = metav1.NewTime(now)
	return []Action{
		MarkPodNotReady{Pod: pod, Conditions: conditions},
		Event{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, Type: v1.EventTypeWarning, Reason: "NodeNotReady",
			Message: "Node is not ready"},
	}
}
