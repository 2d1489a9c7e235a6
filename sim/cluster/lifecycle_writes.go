package cluster

import (
	v1 "k8s.io/api/core/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"

	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// perform carries out what the controllers of nodes decide. Their writes are
// taken to be answered at once: they come seconds apart.
func (l *lifecycle) perform(actions []nodelifecycle.Action) {
	w := l.world
	for _, action := range actions {
		switch a := action.(type) {
		case nodelifecycle.SetConditions:
			if n := w.nodes[a.Node]; n != nil {
				next := n.api.DeepCopy()
				next.Status.Conditions = a.Conditions
				n.update(next)
			}
		case nodelifecycle.ChangeTaints:
			if n := w.nodes[a.Node]; n != nil {
				next := n.api.DeepCopy()
				next.Spec.Taints = a.Apply(next.Spec.Taints)
				n.update(next)
			}
		case nodelifecycle.MarkPodNotReady:
			if p, known := w.pods.get(key(a.Pod.Namespace, a.Pod.Name)); known && p.api.UID == a.Pod.UID {
				p.write(func(next *v1.Pod) { next.Status.Conditions = a.Conditions })
				w.record(record.PodReady{At: w.at(), Pod: p.name(), Ready: false})
				p.changed()
			}
		case nodelifecycle.EvictPod:
			if p, known := w.pods.get(key(a.Namespace, a.Name)); known {
				p.write(func(next *v1.Pod) {
					p.setCondition(next, a.Condition.Type, a.Condition.Status, a.Condition.Reason, a.Condition.Message)
				})
				p.delete("tainted")
			}
		case nodelifecycle.RemovePod:
			if p, known := w.pods.get(key(a.Pod.Namespace, a.Pod.Name)); known && p.api.UID == a.Pod.UID {
				l.removePod(p, a)
			}
		}
	}
}

func (l *lifecycle) removePod(p *pod, a nodelifecycle.RemovePod) {
	over := p.api.Status.Phase == v1.PodSucceeded || p.api.Status.Phase == v1.PodFailed
	if !over {
		p.write(func(next *v1.Pod) {
			next.Status.Phase = v1.PodFailed
			if c := a.Condition; c != nil {
				p.setCondition(next, c.Type, c.Status, c.Reason, c.Message)
			}
		})
	}
	p.removeNow(a.Reason)
}

// recordReadiness records a change of the Ready condition.
func (l *lifecycle) recordReadiness(old, node *v1.Node) {
	is := func(o *v1.Node) bool {
		_, c := nodeutil.GetNodeCondition(&o.Status, v1.NodeReady)
		return c != nil && c.Status == v1.ConditionTrue
	}
	if before, after := is(old), is(node); before != after {
		phase := map[bool]string{true: "ready", false: "not-ready"}[after]
		l.world.record(record.NodeChanged{At: l.world.at(), Node: node.Name, Phase: phase})
	}
}
