package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	apps "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

const (
	initContainer = "load"
	mainContainer = "main"
	namespace     = "default"
)

// scenarios draws random scenarios.
type scenarios struct {
	*rand.Rand
	spec *cluster.Spec
	// names are the workloads to do something to.
	workloads []workload
	zones     bool
	at        time.Duration // of what is added
}

type workload struct {
	kind, name string
	metric     string // of its autoscaler
	updated    bool
}

func (w workload) ref() cluster.ObjectRef {
	return cluster.ObjectRef{Kind: w.kind, NamespacedName: named(namespace, w.name)}
}

// newScenarios draws from a seed. Pods take some seconds to get ready, and to go.
func newScenarios(seed uint64) *scenarios {
	r := &scenarios{Rand: rand.New(rand.NewPCG(seed, 7))}
	r.spec = &cluster.Spec{
		Name: fmt.Sprint("seed ", seed), Seed: seed, Replications: 1,
		Latencies: cluster.DefaultLatencies(), ImageBandwidth: 1e9, Pools: map[string]string{},
	}
	r.spec.Workloads = []cluster.Workload{
		{Container: initContainer, Behaviour: kubelet.Behaviour{Runs: distribution.Uniform{Min: 1, Max: pick(r, 20.0, 60)}}},
	}
	return r
}

// scenario is the random scenario of a seed.
func scenario(seed uint64) *cluster.Spec {
	r := newScenarios(seed)
	r.nodes()
	r.classes()
	for i := range 1 + r.IntN(2) {
		r.workload([]string{"a", "b"}[i])
	}
	for _, w := range r.workloads {
		if w.kind == "Job" {
			b := kubelet.Behaviour{OnTerminate: kubelet.Exit, Runs: distribution.Uniform{Min: 3, Max: 40}}
			if r.one(2) {
				b.ExitCode, b.FailureRate = 1, pick(r, 0.2, 0.5)
			}
			r.spec.Workloads = append(r.spec.Workloads, cluster.Workload{Kind: "Job", Name: w.name, Container: mainContainer, Behaviour: b})
		}
	}
	r.timeline()
	return r.spec
}

func pick[T any](r *scenarios, values ...T) T { return values[r.IntN(len(values))] }

// one is true once in n times.
func (r *scenarios) one(n int) bool { return r.IntN(n) == 0 }

func (r *scenarios) nodes() {
	r.zones = r.one(3)
	for i := range 2 + r.IntN(5) {
		r.spec.Nodes = append(r.spec.Nodes, r.node(fmt.Sprint("n", i+1), i))
	}
}

func (r *scenarios) node(name string, i int) *v1.Node {
	list := v1.ResourceList{
		v1.ResourceCPU:    pick(r, resource.MustParse("2"), resource.MustParse("4"), resource.MustParse("8")),
		v1.ResourceMemory: resource.MustParse("16Gi"), v1.ResourcePods: pick(r, resource.MustParse("110"), resource.MustParse("6")),
	}
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name}}}
	if r.zones {
		n.Labels[v1.LabelTopologyZone] = []string{"x", "y"}[i%2]
	}
	if r.one(5) {
		n.Spec.Taints = []v1.Taint{{Key: "dedicated", Value: "gpu", Effect: pick(r, v1.TaintEffectNoSchedule, v1.TaintEffectPreferNoSchedule)}}
	}
	n.Status.Capacity, n.Status.Allocatable = list, list.DeepCopy()
	r.spec.Pools[name] = "pool"
	return n
}

// add applies an object with the next ones at the same time.
func (r *scenarios) add(o runtime.Object) {
	legacyscheme.Scheme.Default(o)
	if r.at == 0 {
		r.spec.Objects = append(r.spec.Objects, o)
		return
	}
	r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(r.at), Action: cluster.Apply{Objects: []runtime.Object{o}}})
}

// later keeps what follows apart: when two controllers act at the same time,
// who comes first is chance.
func (r *scenarios) later() { r.at += 3*time.Second + 137*time.Millisecond }

func (r *scenarios) classes() {
	if r.one(3) {
		r.add(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "high"}, Value: 1000})
	}
}

func (r *scenarios) workload(name string) {
	labels := map[string]string{"app": name}
	meta := metav1.ObjectMeta{Name: name, Namespace: namespace}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	replicas := ptr.To(r.Int32N(9))
	template := r.template(labels)
	w := workload{name: name}
	switch {
	case r.one(6):
		w.kind = "DaemonSet"
		r.add(r.daemonSet(&apps.DaemonSet{ObjectMeta: meta, Spec: apps.DaemonSetSpec{Selector: selector, Template: template}}))
	case r.one(5):
		w.kind = "Job"
		r.add(r.job(&batch.Job{ObjectMeta: meta, Spec: batch.JobSpec{Template: template}}))
	case r.one(4):
		w.kind = "StatefulSet"
		r.add(r.statefulSet(&apps.StatefulSet{ObjectMeta: meta, Spec: apps.StatefulSetSpec{Replicas: replicas, Selector: selector, Template: template}}))
	default:
		w.kind = "Deployment"
		r.add(r.deployment(&apps.Deployment{ObjectMeta: meta, Spec: apps.DeploymentSpec{Replicas: replicas, Selector: selector, Template: template}}))
	}
	if r.one(3) {
		r.budget(name, labels)
	}
	if w.kind != "Job" && w.kind != "DaemonSet" && r.one(3) {
		r.later()
		w.metric = r.autoscaler(w)
	}
	r.workloads = append(r.workloads, w)
	r.later()
}

func (r *scenarios) template(labels map[string]string) v1.PodTemplateSpec {
	requests := v1.ResourceList{v1.ResourceCPU: pick(r, resource.MustParse("250m"), resource.MustParse("500m"), resource.MustParse("1500m")), v1.ResourceMemory: resource.MustParse("256Mi")}
	spec := v1.PodSpec{
		InitContainers: []v1.Container{{Name: initContainer, Image: "load:v1"}},
		Containers: []v1.Container{{Name: mainContainer, Image: "app:v1", Resources: v1.ResourceRequirements{Requests: requests},
			Lifecycle: &v1.Lifecycle{PreStop: &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: 2 + 2*int64(len(r.workloads))}}}}},
	}
	if r.one(2) {
		// A failed machine's pods are given up soon.
		for _, key := range []string{v1.TaintNodeNotReady, v1.TaintNodeUnreachable} {
			spec.Tolerations = append(spec.Tolerations, v1.Toleration{Key: key, Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](20)})
		}
	}
	if r.one(4) {
		spec.Tolerations = append(spec.Tolerations, v1.Toleration{Key: "dedicated", Operator: v1.TolerationOpExists})
	}
	if r.one(4) {
		spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{
			MaxSkew: 1 + r.Int32N(2), TopologyKey: pick(r, v1.LabelHostname, v1.LabelTopologyZone),
			WhenUnsatisfiable: pick(r, v1.DoNotSchedule, v1.ScheduleAnyway), LabelSelector: &metav1.LabelSelector{MatchLabels: labels},
		}}
	}
	if r.one(6) {
		spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{{
			TopologyKey: v1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: labels},
		}}}}
	}
	if r.one(2) && slices.ContainsFunc(r.spec.Objects, func(o runtime.Object) bool { _, is := o.(*schedulingv1.PriorityClass); return is }) {
		spec.PriorityClassName = "high"
	}
	return v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec}
}

// amount is a number or a percentage.
func (r *scenarios) amount() *intstr.IntOrString {
	v := pick(r, intstr.FromInt32(0), intstr.FromInt32(1), intstr.FromInt32(3), intstr.FromString("25%"), intstr.FromString("34%"), intstr.FromString("50%"), intstr.FromString("100%"))
	return &v
}

func (r *scenarios) deployment(d *apps.Deployment) *apps.Deployment {
	switch r.IntN(5) {
	case 0:
		d.Spec.Strategy.Type = apps.RecreateDeploymentStrategyType
	case 1: // the defaults
	default:
		surge, unavailable := r.amount(), r.amount()
		if surge.IntValue() == 0 && unavailable.IntValue() == 0 && surge.Type == intstr.Int && unavailable.Type == intstr.Int {
			unavailable = ptr.To(intstr.FromInt32(1))
		}
		d.Spec.Strategy = apps.DeploymentStrategy{Type: apps.RollingUpdateDeploymentStrategyType, RollingUpdate: &apps.RollingUpdateDeployment{MaxSurge: surge, MaxUnavailable: unavailable}}
	}
	d.Spec.MinReadySeconds = pick[int32](r, 0, 0, 0, 5, 12)
	if r.one(3) {
		d.Spec.ProgressDeadlineSeconds = ptr.To(pick[int32](r, 20, 45))
	}
	d.Spec.RevisionHistoryLimit = ptr.To(pick[int32](r, 0, 1, 10))
	if d.Spec.ProgressDeadlineSeconds != nil && *d.Spec.ProgressDeadlineSeconds <= d.Spec.MinReadySeconds {
		d.Spec.MinReadySeconds = 0
	}
	return d
}

func (r *scenarios) statefulSet(s *apps.StatefulSet) *apps.StatefulSet {
	s.Spec.PodManagementPolicy = pick(r, apps.OrderedReadyPodManagement, apps.OrderedReadyPodManagement, apps.ParallelPodManagement)
	s.Spec.MinReadySeconds = pick[int32](r, 0, 0, 5)
	s.Spec.UpdateStrategy.Type = pick(r, apps.RollingUpdateStatefulSetStrategyType, apps.RollingUpdateStatefulSetStrategyType, apps.RollingUpdateStatefulSetStrategyType, apps.OnDeleteStatefulSetStrategyType)
	if s.Spec.UpdateStrategy.Type == apps.RollingUpdateStatefulSetStrategyType && r.one(3) {
		s.Spec.UpdateStrategy.RollingUpdate = &apps.RollingUpdateStatefulSetStrategy{Partition: ptr.To(r.Int32N(4))}
	}
	return s
}

func (r *scenarios) daemonSet(d *apps.DaemonSet) *apps.DaemonSet {
	d.Spec.MinReadySeconds = pick[int32](r, 0, 0, 5)
	d.Spec.Template.Spec.TopologySpreadConstraints, d.Spec.Template.Spec.Affinity = nil, nil
	// Where its pods do not all fit, the one that waits is chance.
	d.Spec.Template.Spec.Containers[0].Resources.Requests[v1.ResourceCPU] = resource.MustParse("10m")
	for _, n := range r.spec.Nodes {
		n.Status.Allocatable[v1.ResourcePods] = resource.MustParse("110")
	}
	switch r.IntN(4) {
	case 0:
		d.Spec.UpdateStrategy.Type = apps.OnDeleteDaemonSetStrategyType
	case 1:
		d.Spec.UpdateStrategy = apps.DaemonSetUpdateStrategy{Type: apps.RollingUpdateDaemonSetStrategyType, RollingUpdate: &apps.RollingUpdateDaemonSet{
			MaxSurge: ptr.To(intstr.FromString("100%")), MaxUnavailable: ptr.To(intstr.FromInt32(0)),
		}}
	case 2:
		d.Spec.UpdateStrategy = apps.DaemonSetUpdateStrategy{Type: apps.RollingUpdateDaemonSetStrategyType, RollingUpdate: &apps.RollingUpdateDaemonSet{
			MaxUnavailable: ptr.To(pick(r, intstr.FromInt32(2), intstr.FromString("50%"))),
		}}
	}
	return d
}

func (r *scenarios) job(j *batch.Job) *batch.Job {
	j.Spec.Completions, j.Spec.Parallelism = ptr.To(1+r.Int32N(6)), ptr.To(1+r.Int32N(3))
	j.Spec.BackoffLimit = ptr.To(r.Int32N(4))
	if r.one(2) {
		j.Spec.CompletionMode = ptr.To(batch.IndexedCompletion)
		if r.one(2) {
			j.Spec.BackoffLimitPerIndex, j.Spec.BackoffLimit = ptr.To(r.Int32N(2)), nil
		}
	}
	if r.one(4) {
		j.Spec.ActiveDeadlineSeconds = ptr.To(30 + r.Int64N(60))
	}
	if r.one(4) {
		j.Spec.PodReplacementPolicy = ptr.To(batch.Failed)
	}
	j.Spec.Template.Spec.RestartPolicy = v1.RestartPolicyNever
	return j
}

func (r *scenarios) budget(name string, labels map[string]string) {
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}}}
	if r.one(2) {
		b.Spec.MinAvailable = r.amount()
	} else {
		b.Spec.MaxUnavailable = r.amount()
	}
	r.add(b)
}

func (r *scenarios) autoscaler(w workload) (metric string) {
	metric = "queue-" + w.name
	low := int32(1 + r.IntN(3))
	a := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: w.name, Namespace: namespace}, Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: w.kind, Name: w.name},
		MinReplicas:    &low, MaxReplicas: low + r.Int32N(10),
		Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: metric},
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: ptr.To(resource.MustParse("10"))},
		}}},
	}}
	if r.one(2) {
		a.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: ptr.To(pick[int32](r, 0, 30, 60)),
			Policies:                   []autoscalingv2.HPAScalingPolicy{{Type: pick(r, autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy), Value: 1 + r.Int32N(60), PeriodSeconds: pick[int32](r, 15, 30)}},
		}}
	}
	r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(r.at), Action: r.metricOf(metric)})
	r.add(a)
	return metric
}

func (r *scenarios) metricOf(name string) cluster.SetMetric {
	return cluster.SetMetric{Namespace: namespace, Name: name, Value: *resource.NewMilliQuantity(r.Int64N(120_000), resource.DecimalSI)}
}

// timeline draws what is done. Steps have odd milliseconds, so that few of them
// coincide with what goes by the second.
func (r *scenarios) timeline() {
	at := r.at
	for range 2 + r.IntN(4) {
		at += 20*time.Second + time.Duration(r.IntN(70_000))*time.Millisecond
		if action := r.action(); action != nil {
			r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(at), Action: action})
		}
	}
	r.spec.Duration = (at + 150*time.Second).Truncate(time.Second)
}

func (r *scenarios) action() cluster.Action {
	i := r.IntN(len(r.workloads))
	w := r.workloads[i]
	someNode := pick(r, r.spec.Nodes...).Name
	if w.kind == "Job" {
		return pick[cluster.Action](r, cluster.Delete{Target: w.ref()}, cluster.Drain{Node: someNode, Force: true, IgnoreDaemonSets: true})
	}
	if w.kind == "DaemonSet" {
		// Which node's pod goes first is chance upstream, so there is one rollout,
		// of pods of the same age.
		if w.updated || r.one(2) {
			return pick[cluster.Action](r, cluster.Cordon{Node: someNode, Unschedulable: r.one(2)}, cluster.Drain{Node: someNode, Force: true, IgnoreDaemonSets: true})
		}
		r.workloads[i].updated = true
		return cluster.SetImage{Target: w.ref(), Container: mainContainer, Image: "app:v2"}
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
