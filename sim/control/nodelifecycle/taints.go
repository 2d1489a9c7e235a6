package nodelifecycle

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	upstream "k8s.io/kubernetes/pkg/controller/nodelifecycle"
	taintutils "k8s.io/kubernetes/pkg/util/taints"
)

var notReady, unreachable = *upstream.NotReadyTaintTemplate, *upstream.UnreachableTaintTemplate

// conditionTaint is the key of the NoSchedule taint for a condition, "" for
// none (nodeConditionToTaintKeyStatusMap).
func conditionTaint(c v1.NodeCondition) string {
	switch {
	case c.Type == v1.NodeReady && c.Status == v1.ConditionFalse:
		return v1.TaintNodeNotReady
	case c.Type == v1.NodeReady && c.Status == v1.ConditionUnknown:
		return v1.TaintNodeUnreachable
	case c.Status != v1.ConditionTrue:
		return ""
	case c.Type == v1.NodeMemoryPressure:
		return v1.TaintNodeMemoryPressure
	case c.Type == v1.NodeDiskPressure:
		return v1.TaintNodeDiskPressure
	case c.Type == v1.NodePIDPressure:
		return v1.TaintNodePIDPressure
	case c.Type == v1.NodeNetworkUnavailable:
		return v1.TaintNodeNetworkUnavailable
	}
	return ""
}

var conditionTaints = []string{v1.TaintNodeNotReady, v1.TaintNodeUnreachable, v1.TaintNodeNetworkUnavailable,
	v1.TaintNodeMemoryPressure, v1.TaintNodeDiskPressure, v1.TaintNodePIDPressure, v1.TaintNodeUnschedulable}

// NoScheduleTaints gives a node the NoSchedule taints of its conditions and of
// spec.unschedulable and takes those that no longer hold
// (node_lifecycle_controller.go, doNoScheduleTaintingPass). It is due when a
// node is new or changes.
func NoScheduleTaints(node *v1.Node, now time.Time) []Action {
	var want []v1.Taint
	for _, c := range node.Status.Conditions {
		if key := conditionTaint(c); key != "" {
			want = append(want, v1.Taint{Key: key, Effect: v1.TaintEffectNoSchedule})
		}
	}
	if node.Spec.Unschedulable {
		want = append(want, v1.Taint{Key: v1.TaintNodeUnschedulable, Effect: v1.TaintEffectNoSchedule})
	}
	have := taintutils.TaintSetFilter(node.Spec.Taints, func(t *v1.Taint) bool {
		return t.Effect == v1.TaintEffectNoSchedule && slices.Contains(conditionTaints, t.Key)
	})
	add, remove := taintutils.TaintSetDiff(want, have)
	if len(add) == 0 && len(remove) == 0 {
		return nil
	}
	return []Action{change(node.Name, add, remove, now)}
}

// change gives taints that are added the time, also when they were there.
func change(node string, add, remove []*v1.Taint, now time.Time) ChangeTaints {
	c := ChangeTaints{Node: node}
	for _, t := range add {
		t = t.DeepCopy()
		t.TimeAdded = &metav1.Time{Time: now}
		c.Add = append(c.Add, *t)
	}
	for _, t := range remove {
		c.Remove = append(c.Remove, *t)
	}
	return c
}
