package cluster

import (
	"fmt"
	"math"
	"strings"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/controller/util/selectors"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster/describe"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// autoscaler is a HorizontalPodAutoscaler and what its controller remembers.
type autoscaler struct {
	world *World
	api   *autoscalingv2.HorizontalPodAutoscaler
	state hpa.State
	// work holds the next look of its period. A change of the spec is looked at at
	// once, which leaves the period as it was: the queue holds the key for the
	// first of its times.
	work    manager.Key
	deleted bool

	last record.Autoscaled // what was recorded last
}

func (w *World) applyAutoscaler(o *autoscalingv2.HorizontalPodAutoscaler) {
	k := key(o.Namespace, o.Name)
	if a, known := w.autoscalers.get(k); known {
		if apiequality.Semantic.DeepEqual(a.api.Spec, o.Spec) {
			return
		}
		next := a.api.DeepCopy()
		next.Spec = o.Spec
		next.Generation++
		a.api = next
		a.work.Add()
		return
	}
	w.admitNew(&o.ObjectMeta)
	o.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	a := &autoscaler{world: w, api: o}
	a.work.Init(w.controllers.autoscaling.Queue, a.sync)
	a.work.Add()
	w.autoscalers.put(k, a)
}

func (a *autoscaler) delete() {
	a.deleted = true
	a.work.Drop()
	a.world.autoscalers.remove(key(a.api.Namespace, a.api.Name))
	a.world.replenish(a.api, nil)
}

func (w *World) autoscalerConfig() hpa.Config {
	if w.spec.Autoscaler == (hpa.Config{}) {
		return hpa.DefaultConfig()
	}
	return w.spec.Autoscaler
}

// scalable is what an autoscaler may scale: the scale subresource of a
// workload, how to write it, and the workload's name in records.
type scalable struct {
	scale *autoscalingv1.Scale
	write func(replicas int32)
	key   string
}

// target is what the autoscaler refers to.
func (a *autoscaler) target() scalable {
	return a.world.scalable(a.api.Namespace, a.api.Spec.ScaleTargetRef.Kind, a.api.Spec.ScaleTargetRef.Name)
}

// scalable finds what may be scaled; its scale is nil when it is not there.
func (w *World) scalable(namespace, kind, name string) scalable {
	k := key(namespace, name)
	switch kind {
	case "Deployment":
		if d, known := w.deployments.get(k); known {
			return scalable{newScale(d.api.Spec.Replicas, d.api.Status.Replicas, d.api.Spec.Selector), d.scale, d.key}
		}
	case "StatefulSet":
		if ss, known := w.statefulSets.get(k); known {
			return scalable{newScale(ss.api.Spec.Replicas, ss.api.Status.Replicas, ss.api.Spec.Selector), ss.scale, ss.key}
		}
	case "ReplicaSet":
		if rs, known := w.replicaSets.get(k); known {
			return scalable{newScale(rs.api.Spec.Replicas, rs.api.Status.Replicas, rs.api.Spec.Selector), rs.scale, rs.key}
		}
	}
	return scalable{key: workloadKey(namespace, kind, name)}
}

func newScale(spec *int32, status int32, selector *metav1.LabelSelector) *autoscalingv1.Scale {
	s := &autoscalingv1.Scale{}
	s.Spec.Replicas, s.Status.Replicas = *spec, status
	if parsed, err := metav1.LabelSelectorAsSelector(selector); err == nil {
		s.Status.Selector = parsed.String()
	}
	return s
}

// selects is the selector of the pods, which matches none when it can't be
// read.
func (s scalable) selects() labels.Selector {
	selector, err := labels.Parse(s.scale.Status.Selector)
	if err != nil {
		return labels.Nothing()
	}
	return selector
}

func (a *autoscaler) view(now sim.Time, t scalable) hpa.View {
	asked := &askedMetrics{world: a.world, now: now, namespace: a.api.Namespace}
	v := hpa.View{HPA: a.api, Scale: t.scale, Metrics: asked}
	if t.scale == nil {
		ref := a.api.Spec.ScaleTargetRef
		v.ScaleError = fmt.Errorf("%ss.apps %q not found", strings.ToLower(ref.Kind), ref.Name)
		return v
	}
	selector := t.selects()
	for _, p := range a.world.pods.inOrder() {
		if p.api.Namespace == a.api.Namespace && selector.Matches(labels.Set(p.api.Labels)) {
			v.Pods = append(v.Pods, p.api)
			asked.pods = append(asked.pods, p)
		}
	}
	v.Selecting = a.selecting(v.Pods)
	return v
}

// selecting are the autoscalers whose targets select one of the pods.
func (a *autoscaler) selecting(pods []*v1.Pod) []selectors.Key {
	keys := []selectors.Key{{Name: a.api.Name, Namespace: a.api.Namespace}}
	for _, other := range a.world.autoscalers.inOrder() {
		t := other.target()
		if other == a || other.api.Namespace != a.api.Namespace || t.scale == nil {
			continue
		}
		selector := t.selects()
		for _, p := range pods {
			if selector.Matches(labels.Set(p.Labels)) {
				keys = append(keys, selectors.Key{Name: other.api.Name, Namespace: other.api.Namespace})
				break
			}
		}
	}
	return keys
}

// record writes the decision when it differs from the one before.
func (a *autoscaler) record(d hpa.Decision, workload string) {
	r := record.Autoscaled{
		HPA: key(a.api.Namespace, a.api.Name), Workload: workload,
		Current: d.Current, Desired: d.Desired, Recommended: d.Recommended, Stabilized: d.Stabilized,
		Rescaled: d.Rescale, Reason: d.Reason,
	}
	if !d.Rescale {
		r.Reason = reasons(d.Status.Conditions)
	}
	if d.Err != nil {
		r.Message = d.Err.Error()
	}
	for _, c := range d.Status.Conditions {
		if c.Type == autoscalingv2.AbleToScale && c.Status == v1.ConditionFalse {
			r.Reason, r.Message = c.Reason, c.Message // the other conditions are those of earlier syncs
		}
	}
	if l := a.last; !d.Rescale && r.Current == l.Current && r.Desired == l.Desired && r.Reason == l.Reason && r.Message == l.Message {
		return
	}
	a.last = r
	r.At = a.world.at()
	for _, c := range d.Status.Conditions {
		if c.Type == autoscalingv2.ScalingLimited && c.Status == v1.ConditionTrue && d.Recommended+d.Desired > 0 {
			r.Limit = c.Reason
		}
	}
	for i, p := range d.Proposals {
		m := record.AutoscaleMetric{Name: p.Metric, Replicas: p.Replicas, Ratio: finite(p.Ratio), Ready: p.Ready, Unready: p.Unready, Missing: p.Missing, Ignored: p.Ignored}
		if p.Err != nil {
			m.Error = p.Err.Error()
		} else if i < len(d.Status.CurrentMetrics) && i < len(a.api.Spec.Metrics) {
			m.Current, m.Target = describe.Metric(&a.api.Spec.Metrics[i], &d.Status.CurrentMetrics[i])
		}
		r.Metrics = append(r.Metrics, m)
	}
	a.world.record(r)
}

// finite is a ratio that can be written: of a total over no pods it is without
// bounds, and no ratio at all.
func finite(ratio float64) float64 {
	if math.IsInf(ratio, 0) || math.IsNaN(ratio) {
		return 0
	}
	return ratio
}

// reasons tell in one line why the size stays.
func reasons(conditions []autoscalingv2.HorizontalPodAutoscalerCondition) string {
	var list []string
	for _, c := range conditions {
		// That it is able to scale is no news, unless it isn't.
		if (c.Type == autoscalingv2.AbleToScale && c.Status == v1.ConditionTrue) || c.Type == autoscalingv2.ScaledToZero {
			continue
		}
		list = append(list, c.Reason)
	}
	return strings.Join(list, ", ")
}
