package autoscaling

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// targets is what autoscalers refer to: by name, and by the labels that it selects.
type targets struct {
	referring map[apiserver.Ref][]*state
	selectors selection.Selectors[*state]
	// autoscaled is what Autoscaled has found; nil when it has to look again.
	autoscaled map[string]bool
	version    int // of autoscaled
}

func refOf(o *autoscalingv2.HorizontalPodAutoscaler) apiserver.Ref {
	ref := o.Spec.ScaleTargetRef
	return apiserver.Ref{Kind: ref.Kind, NamespacedName: types.NamespacedName{Namespace: o.Namespace, Name: ref.Name}}
}

func (t *targets) add(a *state) {
	if t.referring == nil {
		t.referring = map[apiserver.Ref][]*state{}
	}
	ref := refOf(a.api)
	t.referring[ref] = append(t.referring[ref], a)
	a.entry = t.selectors.Add(a.api.Namespace, a.selector(), a)
	t.turned()
}

func (t *targets) remove(a *state) {
	t.leave(a, refOf(a.api))
	t.selectors.Remove(a.entry)
	t.turned()
}

// move follows an autoscaler that may refer to something else than before.
func (t *targets) move(a *state, before *autoscalingv2.HorizontalPodAutoscaler) {
	was, is := refOf(before), refOf(a.api)
	if was == is {
		return
	}
	t.leave(a, was)
	t.referring[is] = append(t.referring[is], a)
	t.selectors.Change(a.entry, a.selector())
	t.turned()
}

func (t *targets) leave(a *state, ref apiserver.Ref) {
	list := slices.DeleteFunc(t.referring[ref], func(other *state) bool { return other == a })
	if t.referring[ref] = list; len(list) == 0 {
		delete(t.referring, ref)
	}
}

// turned makes all that was found out about several autoscalers be found out anew.
func (t *targets) turned() {
	t.autoscaled = nil
	t.version++
}

// selector is that of what the autoscaler refers to now.
func (a *state) selector() labels.Selector { return a.c.target(a.api).Selector() }

// targetChanged follows what autoscalers refer to as it comes, goes, and selects other
// pods.
func (c *Controller) targetChanged(change apiserver.Change) {
	o := change.Object()
	k := c.Kinds.Of(o)
	if change.Status || k == nil || k.Scale == nil {
		return
	}
	if change.Old != nil && change.New != nil &&
		apiequality.Semantic.DeepEqual(k.Selector(change.Old), k.Selector(change.New)) {
		return
	}
	name := types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
	for _, a := range c.targets.referring[apiserver.Ref{Kind: k.Kind, NamespacedName: name}] {
		c.targets.selectors.Change(a.entry, a.selector())
		c.targets.turned()
	}
}

// PodChanged implements apiserver.PodWatcher: an autoscaler looks again when a pod that
// its target selects, or has selected, is written.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	look := func(set labels.Set) {
		for _, a := range c.targets.selectors.Matching(change.Pod.Namespace(), set) {
			a.last.over = true
		}
	}
	if change.Old != nil {
		look(change.Old.Labels)
	}
	if change.New != nil {
		look(change.New.Labels)
	}
}

// Autoscaled are the workloads that autoscalers refer to, as records name them; nil
// when there is no autoscaler. They are the same as long as the version is.
func (c *Controller) Autoscaled() (workloads map[string]bool, version int) {
	t := &c.targets
	if t.autoscaled == nil && len(c.states) > 0 {
		t.autoscaled = map[string]bool{}
		for o := range c.all() {
			t.autoscaled[c.target(o).Workload] = true
		}
	}
	return t.autoscaled, t.version
}
