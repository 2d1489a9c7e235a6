package cluster

import (
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// performOnMachines does the actions about machines and processes.
func (w *World) performOnMachines(action Action) (text string, objects []string, err error) {
	on := func(name string) []string { return []string{nodeObject(name)} }
	switch a := action.(type) {
	case Taint:
		return "taint node " + a.Node + a.text(), on(a.Node), w.withNode(a.Node, func(n *node) error { return n.taint(a) })
	case NodeFail:
		return "node fail " + a.Node, on(a.Node), w.withNode(a.Node, (*node).fail)
	case NodeRecover:
		return "node recover " + a.Node, on(a.Node), w.withNode(a.Node, (*node).recover)
	case NodeAdd:
		for _, o := range a.Nodes {
			objects = append(objects, nodeObject(o.Name))
		}
		return "node add " + w.joinNodes(a.Nodes), objects, nil
	case NodeRemove:
		return "node remove " + a.Node, on(a.Node), w.withNode(a.Node, (*node).remove)
	case PodKill:
		objects = w.withOwner(a.Target)
		names, killed, err := w.kill(a)
		return fmt.Sprintf("pod kill %s %s%s", a.Target.Kind, a.Target.Name, names), append(objects, killed...), err
	}
	return "", nil, fmt.Errorf("unknown action %T", action)
}

func (w *World) withNode(name string, do func(*node) error) error {
	n, known := w.nodes[name]
	if !known {
		return missing("Node", name)
	}
	return do(n)
}

func (w *World) joinNodes(list []*v1.Node) (names string) {
	for i, o := range list {
		if i > 0 {
			names += ", "
		}
		names += o.Name
		n := w.addNode(o)
		w.record(record.NodeChanged{At: w.at(), Node: o.Name, Phase: record.NodeAdded})
		w.lifecycle.nodeChanged(nil, n)
	}
	w.scheduler.kick()
	return names
}

// kill deletes pods without grace, one request after the other as kubectl delete
// does; names and objects tell which.
func (w *World) kill(a PodKill) (names string, objects []string, err error) {
	var list []*pod
	for _, p := range w.pods.inOrder() {
		named := a.Target.Kind == "Pod" && p.name() == key(a.Target.Namespace, a.Target.Name)
		if named || (p.api.DeletionTimestamp == nil && p.workload == workloadKey(a.Target.Namespace, a.Target.Kind, a.Target.Name)) {
			list = append(list, p)
		}
	}
	switch {
	case len(list) == 0 && a.Target.Kind == "Pod":
		return "", nil, missing("Pod", a.Target.Name)
	case len(list) == 0:
		return "", nil, answer(fmt.Sprintf("No resources found in %s namespace.", a.Target.Namespace))
	}
	if w.killRandom == nil {
		w.killRandom = w.streams.Get("pod-kill", "")
	}
	w.killRandom.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i, p := range list[:min(a.Count, len(list))] {
		names += [2]string{": ", ", "}[min(i, 1)] + p.api.Name
		if a.Target.Kind != "Pod" {
			objects = append(objects, p.object())
		}
		if i == 0 {
			p.removeNow(record.KilledByName)
			continue
		}
		w.loop.After(time.Duration(i)*manager.CallTime, sim.PhaseTimeline, sim.Func(func(sim.Time) { p.removeNow(record.KilledByName) }))
	}
	return names, objects, nil
}

// removeNow deletes the pod with a grace period of 0; processes that still run
// are killed.
func (p *pod) removeNow(reason record.Deletion) {
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
	if p.unheard() {
		p.leave("")
		return
	}
	p.leave(v1.PodFailed)
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
	now := metav1.NewTime(n.world.wall(n.world.loop.Now()))
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
