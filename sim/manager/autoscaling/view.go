package autoscaling

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller/util/selectors"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
)

// all walks over the autoscalers in the order they came.
func (c *Controller) all() iter.Seq[*autoscalingv2.HorizontalPodAutoscaler] {
	return slices.Values(apiserver.List[*autoscalingv2.HorizontalPodAutoscaler](c.Store))
}

// target is what an autoscaler refers to.
func (c *Controller) target(o *autoscalingv2.HorizontalPodAutoscaler) apiserver.Scalable {
	return c.Store.Scale(o.Namespace, o.Spec.ScaleTargetRef.Kind, o.Spec.ScaleTargetRef.Name)
}

func (a *state) target() apiserver.Scalable { return a.c.target(a.seen) }

// view is what a sync decides by.
func (a *state) view(now sim.Time, t apiserver.Scalable) hpa.View {
	v := hpa.View{HPA: a.seen, Scale: t.Scale}
	if t.Scale == nil {
		ref := a.seen.Spec.ScaleTargetRef
		// The answer of the API server, for kinds of its group apps.
		v.ScaleError = fmt.Errorf("%ss.apps %q not found", strings.ToLower(ref.Kind), ref.Name)
		v.Metrics = a.c.metrics.Asked(now, a.seen.Namespace, nil)
		return v
	}
	pods := a.c.Selected(a.seen.Namespace, t.Selector())
	for _, p := range pods {
		v.Pods = append(v.Pods, p.Object())
	}
	v.Metrics = a.c.metrics.Asked(now, a.seen.Namespace, pods)
	v.Selecting = a.selecting(v.Pods)
	return v
}

// selecting are the autoscalers whose targets select one of the pods, this one
// first.
func (a *state) selecting(pods []*v1.Pod) []selectors.Key {
	var others []*state
	for _, p := range pods {
		for _, other := range a.c.targets.selectors.Matching(a.seen.Namespace, p.Labels) {
			if other != a && !slices.Contains(others, other) {
				others = append(others, other)
			}
		}
	}
	slices.SortFunc(others, func(a, b *state) int { return cmp.Compare(a.came, b.came) })
	keys := []selectors.Key{{Name: a.seen.Name, Namespace: a.seen.Namespace}}
	for _, other := range others {
		keys = append(keys, selectors.Key{Name: other.api.Name, Namespace: other.api.Namespace})
	}
	return keys
}
