package nodelifecycle

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	taintutils "k8s.io/kubernetes/pkg/util/taints"
)

// Action is one decision. Conditions and taints have the time of the decision
// to the nanosecond; the API server keeps whole seconds.
type Action interface{ isAction() }

// SetConditions writes status.conditions of a node.
type SetConditions struct {
	Node       string
	Conditions []v1.NodeCondition
}

// ChangeTaints adds taints to a node, in place of ones of the same key and
// effect, and takes others off. It is made on the node as it is when written.
type ChangeTaints struct {
	Node        string
	Add, Remove []v1.Taint
}

// Apply returns what a node's taints become (pkg/controller/util/node,
// SwapNodeControllerTaint).
func (c ChangeTaints) Apply(taints []v1.Taint) []v1.Taint {
	list := slices.Clone(taints)
	for _, t := range c.Add {
		if i := slices.IndexFunc(list, func(old v1.Taint) bool { return old.MatchTaint(&t) }); i >= 0 {
			list[i] = t
		} else {
			list = append(list, t)
		}
	}
	for _, t := range c.Remove {
		list, _ = taintutils.DeleteTaint(list, &t)
	}
	return list
}

// MarkPodNotReady writes status.conditions of a pod whose node is silent. The
// API server refuses it if the pod has changed since; upstream tries again.
type MarkPodNotReady struct {
	Pod        *v1.Pod // as it was
	Conditions []v1.PodCondition
}

// EvictPod adds a condition to a pod and deletes it, with the pod's own grace
// period. No budget is asked.
type EvictPod struct {
	Namespace, Name string
	Condition       v1.PodCondition // without times
}

// RemovePod deletes a pod with grace period 0. Before that, unless it is over,
// its phase becomes Failed and it gets the condition, if there is one.
type RemovePod struct {
	Pod       *v1.Pod
	Condition *v1.PodCondition // without times
	Reason    string           // the label of upstream's metric: orphaned, terminated, out-of-service, unscheduled
}

// Event is what a controller tells about a Node or a Pod.
type Event struct {
	Kind, Namespace, Name string
	Type, Reason, Message string
}

func (SetConditions) isAction()   {}
func (ChangeTaints) isAction()    {}
func (MarkPodNotReady) isAction() {}
func (EvictPod) isAction()        {}
func (RemovePod) isAction()       {}
func (Event) isAction()           {}
