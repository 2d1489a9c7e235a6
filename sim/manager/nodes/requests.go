package nodes

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// requests are what one controller sends through its client, where each write
// takes its turn.
type requests struct {
	*manager.Parts
	*manager.Client
}

// perform carries out what a pass over the nodes decides: the writes of one node
// one after the other, several nodes side by side (monitorNodeHealth in
// pkg/controller/nodelifecycle/node_lifecycle_controller.go). done runs when all
// are answered.
func (r requests) perform(actions []nodelifecycle.Action, done func()) {
	ofNode := map[string][]nodelifecycle.Action{}
	var nodes []string
	for _, action := range actions {
		node := r.nodeOf(action)
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
		r.inTurn(ofNode[node], func() {
			if left--; left == 0 {
				done()
			}
		})
	}
}

// nodeOf is the node that an action is about, or its pod is on.
func (r requests) nodeOf(action nodelifecycle.Action) string {
	switch a := action.(type) {
	case nodelifecycle.SetConditions:
		return a.Node
	case nodelifecycle.ChangeTaints:
		return a.Node
	case nodelifecycle.MarkPodNotReady:
		return a.Pod.Spec.NodeName
	case nodelifecycle.Event:
		if a.Kind == kinds.Node {
			return a.Name
		}
		if p := r.Pod(a.Namespace, a.Name); p != nil {
			return p.Node()
		}
	}
	return ""
}

// inTurn carries out actions one after the other, each when the one before is
// answered.
func (r requests) inTurn(actions []nodelifecycle.Action, done func()) {
	if len(actions) == 0 {
		done()
		return
	}
	next := func(sim.Time) { r.inTurn(actions[1:], done) }
	switch a := actions[0].(type) {
	case nodelifecycle.SetConditions:
		r.Write(func(sim.Time) {
			r.writeNode(a.Node, func(next *v1.Node) { next.Status.Conditions = a.Conditions })
		}, next)
	case nodelifecycle.ChangeTaints:
		// The node is read first (pkg/controller/controller_utils.go,
		// AddOrUpdateTaintOnNode).
		r.Read(func(sim.Time) {
			r.Write(func(sim.Time) {
				r.writeNode(a.Node, func(next *v1.Node) { next.Spec.Taints = a.Apply(next.Spec.Taints) })
			}, next)
		})
	case nodelifecycle.MarkPodNotReady:
		r.Write(func(sim.Time) { r.markNotReady(a) }, next)
	case nodelifecycle.RemovePod:
		r.removePod(a, next)
	case nodelifecycle.Event:
		r.Event(types.UID(a.Kind + "/" + kinds.Key(a.Namespace, a.Name)))
		next(0)
	default:
		next(0)
	}
}

// writeNode changes a node as it is now, if it is there.
func (r requests) writeNode(name string, change func(next *v1.Node)) {
	if now := nodeNamed(r.Store, name); now != nil {
		next := now.DeepCopy()
		change(next)
		r.Fail(r.Replace(now, next))
	}
}

func (r requests) markNotReady(a nodelifecycle.MarkPodNotReady) {
	if p := r.Seen(a.Pod); p != nil {
		r.Record(record.PodReady{At: r.At(), Pod: p.Key(), Ready: false})
		p.Write(apiserver.Everybody, func(next *v1.Pod) { next.Status.Conditions = a.Conditions })
	}
}

// removePod makes a pod Failed, unless it is over, and takes it away.
func (r requests) removePod(a nodelifecycle.RemovePod, next func(sim.Time)) {
	p := r.Seen(a.Pod)
	if p == nil {
		next(0)
		return
	}
	reason := record.Deletion(a.Reason)
	remove := func(sim.Time) { r.Write(func(sim.Time) { p.DeleteNow(reason) }, next) }
	if p.Ended() {
		remove(0)
		return
	}
	r.Write(func(sim.Time) {
		if p.Gone() {
			return
		}
		p.GiveUp(reason)
		p.Write(apiserver.Everybody, func(next *v1.Pod) {
			next.Status.Phase = v1.PodFailed
			if c := a.Condition; c != nil {
				r.SetCondition(next, c.Type, c.Status, c.Reason, c.Message)
			}
		})
	}, remove)
}
