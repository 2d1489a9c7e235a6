package nodelifecycle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
)

// TaintEviction deletes pods from nodes with NoExecute taints when their
// tolerations run out (pkg/controller/tainteviction). Its caller tells it about
// nodes and pods and calls Due at Next.
type TaintEviction struct {
	taints    map[string][]v1.Taint // of effect NoExecute, by node
	scheduled map[types.NamespacedName]timedEviction
}

type timedEviction struct{ created, fire time.Time }

// NewTaintEviction returns a controller that knows no nodes yet.
func NewTaintEviction() *TaintEviction {
	return &TaintEviction{taints: map[string][]v1.Taint{}, scheduled: map[types.NamespacedName]timedEviction{}}
}

// NodeChanged tells that a node is new (before is nil), changed or gone (after
// is nil); pods are those bound to it. Evictions that are under way from a node
// that is gone go on.
func (e *TaintEviction) NodeChanged(before, after *v1.Node, pods []*v1.Pod, now time.Time) (actions []Action) {
	if after == nil {
		delete(e.taints, before.Name)
		return nil
	}
	taints := noExecute(after.Spec.Taints)
	if before != nil && apiequality.Semantic.DeepEqual(noExecute(before.Spec.Taints), taints) {
		return nil
	}
	delete(e.taints, after.Name)
	if len(taints) > 0 {
		e.taints[after.Name] = taints
	}
	for _, pod := range pods {
		if len(taints) == 0 {
			actions = append(actions, e.cancel(nameOf(pod))...)
		} else {
			actions = append(actions, e.process(pod, taints, now)...)
		}
	}
	return actions
}

// PodChanged tells that a pod is new, changed or gone. Only its tolerations and
// its node matter.
func (e *TaintEviction) PodChanged(before, after *v1.Pod, now time.Time) []Action {
	if after == nil {
		return e.cancel(nameOf(before))
	}
	if before != nil && before.Spec.NodeName == after.Spec.NodeName &&
		apiequality.Semantic.DeepEqual(before.Spec.Tolerations, after.Spec.Tolerations) {
		return nil
	}
	taints := e.taints[after.Spec.NodeName]
	if after.Spec.NodeName == "" || len(taints) == 0 {
		return nil
	}
	return e.process(after, taints, now)
}

// process is processPodOnNode. An eviction that is scheduled stays as it is,
// however short the pod's patience has become, unless the pod now tolerates
// everything for ever or something not at all.
func (e *TaintEviction) process(pod *v1.Pod, taints []v1.Taint, now time.Time) []Action {
	name := nameOf(pod)
	all, d := minToleration(pod, taints)
	old, scheduled := e.scheduled[name]
	switch {
	case !all:
		return append(e.cancel(name), evict(name)...)
	case d == forever:
		return e.cancel(name)
	case scheduled && old.created.Before(now):
		return nil
	}
	actions := e.cancel(name)
	if d <= 0 {
		return append(actions, evict(name)...)
	}
	e.scheduled[name] = timedEviction{now, now.Add(d)}
	return actions
}

func (e *TaintEviction) cancel(name types.NamespacedName) []Action {
	if _, found := e.scheduled[name]; !found {
		return nil
	}
	delete(e.scheduled, name)
	return []Action{tell(name, "Cancelling deletion of Pod %s")}
}

// Next is when Due is to be called; ok is false for never.
func (e *TaintEviction) Next() (at time.Time, ok bool) {
	for _, s := range e.scheduled { // the least: order doesn't matter
		if !ok || s.fire.Before(at) {
			at, ok = s.fire, true
		}
	}
	return at, ok
}

// Due evicts the pods whose time has come, by time and name.
func (e *TaintEviction) Due(now time.Time) (actions []Action) {
	var due []types.NamespacedName
	for name, s := range e.scheduled {
		if !s.fire.After(now) {
			due = append(due, name)
		}
	}
	slices.SortFunc(due, func(a, b types.NamespacedName) int {
		if c := e.scheduled[a].fire.Compare(e.scheduled[b].fire); c != 0 {
			return c
		}
		return strings.Compare(a.String(), b.String())
	})
	for _, name := range due {
		delete(e.scheduled, name)
		actions = append(actions, evict(name)...)
	}
	return actions
}

func nameOf(pod *v1.Pod) types.NamespacedName {
	return types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
}

func evict(name types.NamespacedName) []Action {
	return []Action{tell(name, "Marking for deletion Pod %s"), EvictPod{Namespace: name.Namespace, Name: name.Name,
		Condition: v1.PodCondition{
			Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: "DeletionByTaintManager",
			Message: "Taint manager: deleting due to NoExecute taint"}}}
}

func tell(name types.NamespacedName, format string) Event {
	return Event{Kind: "Pod", Namespace: name.Namespace, Name: name.Name, Type: v1.EventTypeNormal,
		Reason: "TaintManagerEviction", Message: fmt.Sprintf(format, name)}
}
