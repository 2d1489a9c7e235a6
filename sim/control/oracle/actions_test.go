package oracle

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	apps "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

func (r *scenarios) autoscaler(w workload) (metric string) {
	metric = "queue-" + w.name
	low := int32(1 + r.IntN(3))
	a := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: w.name, Namespace: namespace},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: w.kind, Name: w.name},
			MinReplicas:    &low, MaxReplicas: low + r.Int32N(10),
			Metrics: []autoscalingv2.MetricSpec{r.metric(metric, w)},
		}}
	if r.one(2) {
		a.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: ptr.To(pick[int32](r, 0, 30, 60)),
			Policies: []autoscalingv2.HPAScalingPolicy{
				{Type: pick(r, autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy), Value: 1 + r.Int32N(60),
					PeriodSeconds: pick[int32](r, 15, 30)}},
		}}
	}
	if r.one(3) {
		r.spec.Metrics = append(r.spec.Metrics, cluster.Metric{Namespace: namespace, Name: metric,
			Source: cluster.Given{Values: r.levels()}})
		metric = ""
	} else {
		r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(r.at), Action: r.metricOf(metric)})
	}
	r.add(a)
	return metric
}

// metric is what an autoscaler follows.
func (r *scenarios) metric(name string, w workload) autoscalingv2.MetricSpec {
	of := autoscalingv2.MetricIdentifier{Name: name}
	average := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType,
		AverageValue: ptr.To(resource.MustParse("10"))}
	value := autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: ptr.To(resource.MustParse("40"))}
	switch r.IntN(5) {
	case 0:
		average.AverageValue = ptr.To(resource.MustParse("50"))
		return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
			Metric: of, Target: average}}
	case 1:
		object := autoscalingv2.CrossVersionObjectReference{APIVersion: "v1", Kind: "Service", Name: w.name}
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			DescribedObject: object, Metric: of, Target: pick(r, average, value)}}
	}
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricSource{Metric: of, Target: average}}
}

// levels are values over time, each from some second on; a negative one is a gap.
type levels []level

type level struct {
	From  sim.Time
	Value float64
}

// At implements cluster.Values.
func (l levels) At(t sim.Time) (value float64, known bool) {
	value = -1
	for _, next := range l {
		if next.From > t {
			break
		}
		value = next.Value
	}
	return value, value >= 0
}

// levels change at odd milliseconds, as the steps of the timeline do.
func (r *scenarios) levels() (list levels) {
	for at := sim.Time(0); at < 600e9; at += sim.Time(20e9) + sim.Time(r.IntN(90_000))*1e6 {
		l := level{From: at, Value: float64(r.IntN(120))}
		if r.one(3) {
			l.Value = -1
		}
		list = append(list, l)
	}
	return list
}

func (r *scenarios) metricOf(name string) cluster.SetMetric {
	return cluster.SetMetric{Namespace: namespace, Name: name, Value: *resource.NewMilliQuantity(r.Int64N(120_000),
		resource.DecimalSI)}
}

// timeline draws what is done. Steps have odd milliseconds, so that few of them
// coincide with what goes by the second.
func (r *scenarios) timeline() {
	at := r.at
	for range 3 + r.IntN(3) {
		at += 20*time.Second + time.Duration(r.IntN(50_000))*time.Millisecond
		if action := r.chosen(); action != nil {
			r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(at), Action: action})
		}
	}
	r.spec.Duration = (at + 150*time.Second).Truncate(time.Second)
}

func (r *scenarios) action() cluster.Action {
	i := r.IntN(len(r.workloads))
	w := r.workloads[i]
	someNode := pick(r, r.spec.Nodes...).Name
	if r.one(3) {
		return r.change(w, someNode)
	}
	if w.kind == "Job" {
		return pick[cluster.Action](r, cluster.Delete{Target: w.ref()},
			cluster.Drain{Node: someNode, Force: true, IgnoreDaemonSets: true})
	}
	if w.kind == "DaemonSet" {
		// Which node's pod goes first is chance upstream, so there is one rollout,
		// of pods of the same age.
		if w.updated || r.one(2) {
			return pick[cluster.Action](r, cluster.Cordon{Node: someNode, Unschedulable: r.one(2)},
				cluster.Drain{Node: someNode, Force: true, IgnoreDaemonSets: true})
		}
		r.workloads[i].updated = true
		return cluster.SetImage{Target: w.ref(), Container: mainContainer, Image: "app:v2"}
	}
	if w.kind == "ReplicaSet" {
		return pick[cluster.Action](r, cluster.Scale{Target: w.ref(), Replicas: r.Int32N(11)},
			cluster.Delete{Target: w.ref()}, cluster.Drain{Node: someNode, Force: true})
	}
	switch r.IntN(14) {
	case 0, 1, 2, 3:
		return cluster.SetImage{Target: w.ref(), Container: mainContainer, Image: pick(r, "app:v1", "app:v2", "app:v3")}
	case 4, 5, 6:
		if w.metric != "" {
			return r.metricOf(w.metric)
		}
		return cluster.Scale{Target: w.ref(), Replicas: r.Int32N(11)}
	case 7:
		return cluster.Rollout{Target: w.ref(), Verb: cluster.Restart}
	case 8:
		if w.kind == "Deployment" {
			return cluster.Rollout{Target: w.ref(), Verb: pick(r, cluster.Undo, cluster.Pause, cluster.Resume)}
		}
		return cluster.Delete{Target: w.ref()}
	case 9, 10:
		return cluster.Drain{Node: someNode, Force: true, IgnoreDaemonSets: true}
	case 11:
		return cluster.Cordon{Node: someNode, Unschedulable: r.one(2)}
	case 12:
		if slices.ContainsFunc(r.workloads, func(w workload) bool { return w.kind == "DaemonSet" }) {
			return nil
		}
		return cluster.NodeFail{Node: someNode}
	default:
		return cluster.NodeRecover{Node: someNode}
	}
}

// change is a change of the machines, of single pods, or of an object by another
// manifest.
func (r *scenarios) change(w workload, someNode string) cluster.Action {
	switch r.IntN(9) {
	case 0, 1:
		return r.taint(someNode)
	case 2:
		r.added++
		name := fmt.Sprint("m", r.added)
		return cluster.NodeAdd{Nodes: []*v1.Node{r.node(name, r.added)}}
	case 3:
		return cluster.NodeRemove{Node: someNode}
	case 4:
		return cluster.PodKill{Target: w.ref(), Count: 1 + r.IntN(2)}
	case 5:
		if w.kind != "Deployment" && w.kind != "StatefulSet" {
			return nil
		}
		return cluster.SetResources{Target: w.ref(), Container: mainContainer,
			Requests: cpu(pick(r, "100m", "500m", "1200m"))}
	}
	return r.other(pick(r, r.applied...))
}

// taint adds or removes one.
func (r *scenarios) taint(node string) cluster.Action {
	t := v1.Taint{Key: maintenance, Effect: pick(r, v1.TaintEffectNoSchedule, v1.TaintEffectNoExecute,
		v1.TaintEffectNoExecute, v1.TaintEffectPreferNoSchedule)}
	for _, s := range r.spec.Timeline {
		if before, is := s.Action.(cluster.Taint); is && len(before.Add) > 0 && r.one(2) {
			return cluster.Taint{Node: before.Node, Remove: before.Add}
		}
	}
	return cluster.Taint{Node: node, Add: []v1.Taint{t}}
}

// other applies a changed manifest of an object, nil of one that there is nothing
// to change of.
func (r *scenarios) other(o runtime.Object) cluster.Action {
	o = o.DeepCopyObject()
	switch o := o.(type) {
	case *apps.Deployment:
		o.Spec.Replicas = ptr.To(r.Int32N(9))
		r.otherTemplate(&o.Spec.Template)
		if r.one(2) {
			r.deployment(o)
		}
	case *apps.StatefulSet:
		o.Spec.Replicas = ptr.To(r.Int32N(9))
		r.otherTemplate(&o.Spec.Template)
	case *apps.ReplicaSet:
		o.Spec.Replicas = ptr.To(r.Int32N(9))
	case *batch.Job:
		o.Spec.Suspend = ptr.To(!ptr.Deref(o.Spec.Suspend, false))
	case *policyv1.PodDisruptionBudget:
		o.Spec.MinAvailable, o.Spec.MaxUnavailable = nil, r.amount()
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.Spec.MinReplicas = ptr.To(int32(1 + r.IntN(3)))
		o.Spec.MaxReplicas = *o.Spec.MinReplicas + r.Int32N(10)
	case *v1.ResourceQuota:
		if r.one(3) {
			return cluster.Delete{Target: cluster.ObjectRef{Kind: "ResourceQuota", NamespacedName: named(namespace, o.Name)}}
		}
		o.Spec.Hard = r.hard()
	default:
		return nil
	}
	legacyscheme.Scheme.Default(o)
	for i, before := range r.applied {
		if reflect.TypeOf(before) == reflect.TypeOf(o) && accessor(before).GetName() == accessor(o).GetName() {
			r.applied[i] = o
		}
	}
	return cluster.Apply{Objects: []runtime.Object{o}}
}

func (r *scenarios) otherTemplate(t *v1.PodTemplateSpec) {
	t.Spec.Containers[0].Image = pick(r, "app:v1", "app:v2", "app:v4")
	t.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds = pick[int64](r, 1, 3, 6)
}
