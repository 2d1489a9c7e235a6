package cluster

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// perform carries out what a pass over the nodes decides: the writes of one node
// one after the other, several nodes side by side (monitorNodeHealth in
// pkg/controller/nodelifecycle/node_lifecycle_controller.go). Every write takes
// its turn at the controller's client. done runs when all are answered.
func (l *lifecycle) perform(actions []nodelifecycle.Action, done func()) {
	ofNode := map[string][]nodelifecycle.Action{}
	var nodes []string
	for _, action := range actions {
		node := ""
		switch a := action.(type) {
		case nodelifecycle.SetConditions:
			node = a.Node
		case nodelifecycle.ChangeTaints:
			node = a.Node
		case nodelifecycle.MarkPodNotReady:
			node = a.Pod.Spec.NodeName
		case nodelifecycle.Event:
			node = l.nodeOf(a)
		}
		if ofNode[node] == nil {
			nodes = append(nodes, node)
		}
		ofNode[node] = append(ofNode[node], action)
	}
	left := len(nodes)
	if left == 0 {
		done()
		return
	}
	for _, node := range nodes {
		l.inTurn(l.world.controllers.nodes, ofNode[node], func() {
			if left--; left == 0 {
				done()
			}
		})
	}
}

// nodeOf is the node that an event is about, or its pod is on.
func (l *lifecycle) nodeOf(e nodelifecycle.Event) string {
	if e.Kind == "Node" {
		return e.Name
	}
	if p, known := l.world.pods.get(key(e.Namespace, e.Name)); known {
		return p.api.Spec.NodeName
	}
	return ""
}

// inTurn carries out actions one after the other, each when the one before is
// answered.
func (l *lifecycle) inTurn(client *manager.Client, actions []nodelifecycle.Action, done func()) {
	if len(actions) == 0 {
		done()
		return
	}
	next := func(sim.Time) { l.inTurn(client, actions[1:], done) }
	w := l.world
	switch a := actions[0].(type) {
	case nodelifecycle.SetConditions:
		client.Write(func(sim.Time) { l.setConditions(a) }, next)
	case nodelifecycle.ChangeTaints:
		// The node is read first (pkg/controller/controller_utils.go,
		// AddOrUpdateTaintOnNode).
		client.Read(func(sim.Time) { client.Write(func(sim.Time) { l.changeTaints(a) }, next) })
	case nodelifecycle.MarkPodNotReady:
		client.Write(func(sim.Time) {
			if p := w.seenPod(a.Pod); p != nil {
				p.write(func(next *v1.Pod) { next.Status.Conditions = a.Conditions })
				w.record(record.PodReady{At: w.at(), Pod: p.name(), Ready: false})
				p.changed()
			}
		}, next)
	case nodelifecycle.RemovePod:
		l.removePod(client, a, next)
	case nodelifecycle.Event:
		client.Event(types.UID(a.Kind + "/" + key(a.Namespace, a.Name)))
		next(0)
	default:
		next(0)
	}
}

func (l *lifecycle) setConditions(a nodelifecycle.SetConditions) {
	if n := l.world.nodes[a.Node]; n != nil {
		next := n.api.DeepCopy()
		next.Status.Conditions = a.Conditions
		n.update(next)
	}
}

func (l *lifecycle) changeTaints(a nodelifecycle.ChangeTaints) {
	if n := l.world.nodes[a.Node]; n != nil {
		next := n.api.DeepCopy()
		next.Spec.Taints = a.Apply(next.Spec.Taints)
		n.update(next)
	}
}

// evict carries out what the taint eviction decides: its workers are side by
// side, and each reads its pod, gives it a condition and deletes it
// (pkg/controller/tainteviction/taint_eviction.go, addConditionAndDeletePod).
func (l *lifecycle) evict(actions []nodelifecycle.Action) {
	w, client := l.world, l.world.controllers.taints
	for _, action := range actions {
		switch a := action.(type) {
		case nodelifecycle.Event:
			client.Event(types.UID(key(a.Namespace, a.Name)))
		case nodelifecycle.EvictPod:
			p, known := w.pods.get(key(a.Namespace, a.Name))
			if !known {
				continue
			}
			client.Read(func(sim.Time) {
				client.Write(func(sim.Time) {
					if !p.removed {
						p.write(func(next *v1.Pod) {
							p.setCondition(next, a.Condition.Type, a.Condition.Status, a.Condition.Reason, a.Condition.Message)
						})
					}
				}, func(sim.Time) {
					client.Write(func(sim.Time) { p.delete(record.Tainted) }, func(sim.Time) {})
				})
			})
		}
	}
}

// removePod makes a pod Failed, unless it is over, and takes it away.
func (l *lifecycle) removePod(client *manager.Client, a nodelifecycle.RemovePod, next func(sim.Time)) {
	p := l.world.seenPod(a.Pod)
	if p == nil {
		next(0)
		return
	}
	remove := func(sim.Time) { client.Write(func(sim.Time) { p.removeNow(record.Deletion(a.Reason)) }, next) }
	if p.api.Status.Phase == v1.PodSucceeded || p.api.Status.Phase == v1.PodFailed {
		remove(0)
		return
	}
	client.Write(func(sim.Time) {
		if p.removed {
			return
		}
		p.lost = record.Deletion(a.Reason)
		p.write(func(next *v1.Pod) {
			next.Status.Phase = v1.PodFailed
			if c := a.Condition; c != nil {
				p.setCondition(next, c.Type, c.Status, c.Reason, c.Message)
			}
		})
		p.changed()
	}, remove)
}

// recordReadiness records a change of the Ready condition.
func (l *lifecycle) recordReadiness(old, node *v1.Node) {
	is := func(o *v1.Node) bool {
		_, c := nodeutil.GetNodeCondition(&o.Status, v1.NodeReady)
		return c != nil && c.Status == v1.ConditionTrue
	}
	if before, after := is(old), is(node); before != after {
		phase := map[bool]record.NodePhase{true: record.NodeReady, false: record.NodeNotReady}[after]
		l.world.record(record.NodeChanged{At: l.world.at(), Node: node.Name, Phase: phase})
	}
}
