package kubectl

import (
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// performOnMachines does the actions about machines and processes.
func (u *User) performOnMachines(action Action) (text string, objects []string, err error) {
	on := func(name string) []string { return []string{nodeObject(name)} }
	switch a := action.(type) {
	case Taint:
		return "taint node " + a.Node + a.text(), on(a.Node), u.taint(a)
	case NodeFail:
		return "node fail " + a.Node, on(a.Node), u.Machines.Break(a.Node)
	case NodeShutdown:
		return "node shutdown " + a.Node, on(a.Node), u.Machines.Shutdown(a.Node)
	case NodeRecover:
		return "node recover " + a.Node, on(a.Node), u.Machines.Recover(a.Node)
	case NodeAdd:
		names := ""
		for i, o := range a.Nodes {
			names += [2]string{"", ", "}[min(i, 1)] + o.Name
			objects = append(objects, nodeObject(o.Name))
		}
		u.Machines.Join(a.Nodes)
		return "node add " + names, objects, nil
	case NodeRemove:
		return "node remove " + a.Node, on(a.Node), u.Machines.Remove(a.Node)
	case PodKill:
		objects = u.withOwner(a.Target)
		names, killed, err := u.kill(a)
		return fmt.Sprintf("pod kill %s %s%s", a.Target.Kind, a.Target.Name, names), append(objects, killed...), err
	}
	return "", nil, fmt.Errorf("unknown action %T", action)
}

// kill deletes pods without grace, one request after the other as kubectl delete
// does; names and objects tell which.
func (u *User) kill(a PodKill) (names string, objects []string, err error) {
	list := u.killable(a.Target)
	switch {
	case len(list) == 0 && a.Target.Kind == kinds.Pod:
		return "", nil, u.Missing(kinds.Pod, a.Target.Name)
	case len(list) == 0:
		return "", nil, apiserver.Answer(fmt.Sprintf("No resources found in %s namespace.", a.Target.Namespace))
	}
	if u.random == nil {
		u.random = u.Streams.Get("pod-kill", "")
	}
	u.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i, p := range list[:min(a.Count, len(list))] {
		names += [2]string{": ", ", "}[min(i, 1)] + p.Name()
		if a.Target.Kind != kinds.Pod {
			objects = append(objects, podObject(p))
		}
		if i == 0 {
			p.DeleteNow(record.KilledByName)
			continue
		}
		u.Loop.After(time.Duration(i)*manager.CallTime, sim.PhaseTimeline,
			sim.Func(func(sim.Time) { p.DeleteNow(record.KilledByName) }))
	}
	return names, objects, nil
}

func (u *User) killable(r ObjectRef) (list []*apiserver.Pod) {
	workload := kinds.WorkloadKey(r.Namespace, r.Kind, r.Name)
	for p := range u.Pods() {
		named := r.Kind == kinds.Pod && p.Key() == kinds.Key(r.Namespace, r.Name)
		if named || (!p.Deleting() && p.Workload == workload) {
			list = append(list, p)
		}
	}
	return list
}

// changeNode writes a node.
func (u *User) changeNode(name string, change func(next *v1.Node) error) error {
	old, known := apiserver.Find[*v1.Node](u.Store, "", name)
	if !known {
		return u.Missing(kinds.Node, name)
	}
	next := old.DeepCopy()
	if err := change(next); err != nil {
		return err
	}
	return u.Replace(old, next)
}

func (u *User) cordon(a Cordon) error {
	return u.changeNode(a.Node, func(next *v1.Node) error {
		next.Spec.Unschedulable = a.Unschedulable
		return nil
	})
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
func (u *User) taint(a Taint) error {
	return u.changeNode(a.Node, func(next *v1.Node) error {
		now := metav1.NewTime(u.WallNow())
		list := slices.Clone(next.Spec.Taints)
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
				return fmt.Errorf("node %s already has %s taint(s) with same effect(s) and --overwrite is false", a.Node, t.Key)
			}
			if t.Effect == v1.TaintEffectNoExecute {
				t.TimeAdded = &now
			}
			list = append(list, t)
		}
		next.Spec.Taints = list
		return nil
	})
}
