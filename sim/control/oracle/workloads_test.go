package oracle

import (
	"reflect"
	"slices"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// maintenance is the key of the taints that the timeline sets.
const maintenance = "maintenance"

func (r *scenarios) workload(name string) {
	labels := map[string]string{"app": name}
	meta := metav1.ObjectMeta{Name: name, Namespace: namespace}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	replicas := ptr.To(r.Int32N(9))
	template := r.template(labels)
	w := workload{name: name}
	switch {
	case r.some(6, "DaemonSet"):
		w.kind = "DaemonSet"
		r.add(r.daemonSet(&apps.DaemonSet{ObjectMeta: meta,
			Spec: apps.DaemonSetSpec{Selector: selector, Template: template}}))
	case r.some(5, "Job"):
		w.kind = "Job"
		r.add(r.job(&batch.Job{ObjectMeta: meta, Spec: batch.JobSpec{Template: template}}))
	case r.some(8, "ReplicaSet"):
		w.kind = "ReplicaSet"
		r.add(&apps.ReplicaSet{ObjectMeta: meta, Spec: apps.ReplicaSetSpec{Replicas: replicas, Selector: selector,
			Template: template, MinReadySeconds: pick[int32](r, 0, 0, 5)}})
	case r.some(4, "StatefulSet") || r.without["Deployment"] && !r.without["StatefulSet"]:
		w.kind = "StatefulSet"
		r.add(r.statefulSet(&apps.StatefulSet{ObjectMeta: meta, Spec: apps.StatefulSetSpec{Replicas: replicas,
			Selector: selector, Template: template}}))
	default:
		w.kind = "Deployment"
		r.add(r.deployment(&apps.Deployment{ObjectMeta: meta, Spec: apps.DeploymentSpec{Replicas: replicas,
			Selector: selector, Template: template}}))
	}
	if r.some(3, "PodDisruptionBudget") {
		r.budget(name, labels)
	}
	if w.kind != "Job" && w.kind != "DaemonSet" && r.some(3, "HorizontalPodAutoscaler") {
		r.later()
		w.metric = r.autoscaler(w)
	}
	r.workloads = append(r.workloads, w)
	r.later()
}

func (r *scenarios) template(labels map[string]string) v1.PodTemplateSpec {
	requests := v1.ResourceList{v1.ResourceCPU: pick(r, resource.MustParse("250m"), resource.MustParse("500m"),
		resource.MustParse("1500m")), v1.ResourceMemory: resource.MustParse("256Mi")}
	spec := v1.PodSpec{
		InitContainers: []v1.Container{{Name: initContainer, Image: "load:v1"}},
		Containers: []v1.Container{
			{Name: mainContainer, Image: "app:v1", Resources: v1.ResourceRequirements{Requests: requests},
				Lifecycle: &v1.Lifecycle{
					PreStop: &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: 2 + 2*int64(len(r.workloads))}}}}},
	}
	if !r.one(4) && r.has((*v1.ResourceQuota)(nil)) {
		spec.InitContainers[0].Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("100m"),
			v1.ResourceMemory: resource.MustParse("64Mi")}
	}
	if r.one(2) {
		// A failed machine's pods are given up soon.
		for _, key := range []string{v1.TaintNodeNotReady, v1.TaintNodeUnreachable} {
			spec.Tolerations = append(spec.Tolerations, v1.Toleration{Key: key, Operator: v1.TolerationOpExists,
				Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](20)})
		}
	}
	if r.one(4) {
		spec.Tolerations = append(spec.Tolerations, v1.Toleration{Key: "dedicated", Operator: v1.TolerationOpExists})
	}
	if r.one(3) {
		spec.Tolerations = append(spec.Tolerations, v1.Toleration{Key: maintenance, Operator: v1.TolerationOpExists,
			Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To(pick[int64](r, 5, 15, 40))})
	}
	if r.one(4) {
		spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{
			MaxSkew: 1 + r.Int32N(2), TopologyKey: pick(r, v1.LabelHostname, v1.LabelTopologyZone),
			WhenUnsatisfiable: pick(r, v1.DoNotSchedule, v1.ScheduleAnyway), LabelSelector: &metav1.LabelSelector{
				MatchLabels: labels},
		}}
	}
	if r.one(6) {
		spec.Affinity = &v1.Affinity{
			PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{{
				TopologyKey: v1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: labels},
			}}}}
	}
	if r.one(2) && r.has((*schedulingv1.PriorityClass)(nil)) {
		spec.PriorityClassName = "high"
	}
	return v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec}
}

// has reports whether an object of the same type is there.
func (r *scenarios) has(o runtime.Object) bool {
	return slices.ContainsFunc(r.applied, func(other runtime.Object) bool {
		return reflect.TypeOf(o) == reflect.TypeOf(other)
	})
}

// amount is a number or a percentage.
func (r *scenarios) amount() *intstr.IntOrString {
	v := pick(r, intstr.FromInt32(0), intstr.FromInt32(1), intstr.FromInt32(3), intstr.FromString("25%"),
		intstr.FromString("34%"), intstr.FromString("50%"), intstr.FromString("100%"))
	return &v
}

func (r *scenarios) deployment(d *apps.Deployment) *apps.Deployment {
	switch r.IntN(5) {
	case 0:
		d.Spec.Strategy.Type = apps.RecreateDeploymentStrategyType
	case 1: // the defaults
	default:
		surge, unavailable := r.amount(), r.amount()
		if surge.IntValue() == 0 && unavailable.IntValue() == 0 && surge.Type == intstr.Int &&
			unavailable.Type == intstr.Int {
			unavailable = ptr.To(intstr.FromInt32(1))
		}
		d.Spec.Strategy = apps.DeploymentStrategy{Type: apps.RollingUpdateDeploymentStrategyType,
			RollingUpdate: &apps.RollingUpdateDeployment{MaxSurge: surge, MaxUnavailable: unavailable}}
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
	s.Spec.PodManagementPolicy = pick(r, apps.OrderedReadyPodManagement, apps.OrderedReadyPodManagement,
		apps.ParallelPodManagement)
	s.Spec.MinReadySeconds = pick[int32](r, 0, 0, 5)
	s.Spec.UpdateStrategy.Type = pick(r, apps.RollingUpdateStatefulSetStrategyType,
		apps.RollingUpdateStatefulSetStrategyType, apps.RollingUpdateStatefulSetStrategyType,
		apps.OnDeleteStatefulSetStrategyType)
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
		d.Spec.UpdateStrategy = apps.DaemonSetUpdateStrategy{Type: apps.RollingUpdateDaemonSetStrategyType,
			RollingUpdate: &apps.RollingUpdateDaemonSet{
				MaxSurge: ptr.To(intstr.FromString("100%")), MaxUnavailable: ptr.To(intstr.FromInt32(0)),
			}}
	case 2:
		d.Spec.UpdateStrategy = apps.DaemonSetUpdateStrategy{Type: apps.RollingUpdateDaemonSetStrategyType,
			RollingUpdate: &apps.RollingUpdateDaemonSet{
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
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}}}
	if r.one(2) {
		b.Spec.MinAvailable = r.amount()
	} else {
		b.Spec.MaxUnavailable = r.amount()
	}
	r.add(b)
}
