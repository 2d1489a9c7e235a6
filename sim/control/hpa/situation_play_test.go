package hpa

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
	"k8s.io/utils/ptr"
)

func (r rules) api() *autoscalingv2.HPAScalingRules {
	selects := []autoscalingv2.ScalingPolicySelect{autoscalingv2.MaxChangePolicySelect,
		autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect}
	api := &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: ptr.To(int32(r.Window)),
		SelectPolicy: &selects[r.Select]}
	if r.Tolerance > 0 {
		api.Tolerance = resource.NewMilliQuantity(int64(r.Tolerance), resource.DecimalSI)
	}
	for _, p := range r.Policies {
		rule := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PodsScalingPolicy, Value: int32(p.Pods),
			PeriodSeconds: int32(p.Period)}
		if p.Pods == 0 {
			rule.Type, rule.Value = autoscalingv2.PercentScalingPolicy, int32(p.Percent)
		}
		if rule.Value > 0 {
			api.Policies = append(api.Policies, rule)
		}
	}
	return api
}

func (s situation) spec() autoscalingv2.MetricSpec {
	target := quantityOf(s.Target)
	average := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: target}
	whole := autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: target}
	percent := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType,
		AverageUtilization: ptr.To(int32(s.Target))}
	id := autoscalingv2.MetricIdentifier{Name: "queue"}
	object := func(target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			DescribedObject: autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "web"}, Metric: id,
			Target: target}}
	}
	external := func(target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType,
			External: &autoscalingv2.ExternalMetricSource{Metric: id, Target: target}}
	}
	switch s.Metric {
	case utilization:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: v1.ResourceCPU, Target: percent}}
	case containerUtilization:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: v1.ResourceCPU, Container: "c",
				Target: percent}}
	case averageCPU:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: v1.ResourceCPU, Target: average}}
	case averageOfPods:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
			Metric: id, Target: average}}
	case ofObject:
		return object(whole)
	case ofObjectPerPod:
		return object(average)
	case ofExternal:
		return external(whole)
	}
	return external(average)
}

func quantityOf(milli int64) *resource.Quantity {
	return resource.NewMilliQuantity(milli, resource.DecimalSI)
}

// story is the autoscaler and its target at the beginning.
func (s situation) story(now time.Time) *story {
	h := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", UID: "u", Generation: 1},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MinReplicas:    &s.Least, MaxReplicas: s.Most, Metrics: []autoscalingv2.MetricSpec{s.spec()},
		},
	}
	if s.Deaf {
		h.Spec.Metrics = append(h.Spec.Metrics, autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricSource{
				Metric: autoscalingv2.MetricIdentifier{Name: deafMetric}, Target: autoscalingv2.MetricTarget{
					Type: autoscalingv2.AverageValueMetricType, AverageValue: quantityOf(1000)}}})
	}
	if s.Behavior {
		h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: s.Up.api(), ScaleDown: s.Down.api()}
	}
	if s.Zeroed {
		h.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{
			{Type: autoscalingv2.ScaledToZero, Status: v1.ConditionTrue, LastTransitionTime: metav1.NewTime(now)}}
	}
	legacyscheme.Scheme.Default(h)
	st := &story{hpa: h, scale: &autoscalingv1.Scale{}}
	st.scale.Spec.Replicas, st.scale.Status.Replicas, st.scale.Status.Selector = s.Current, s.Running, "app=web"
	for i, r := range s.pods {
		if !r.Gone {
			st.pods = append(st.pods, r.api(i, now))
		}
	}
	return st
}

func (r podRecord) api(i int, now time.Time) *v1.Pod {
	ago := func(seconds uint16) metav1.Time {
		return metav1.NewTime(now.Add(-time.Duration(seconds) * time.Second))
	}
	pod := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d", i),
			Labels: map[string]string{"app": "web"}},
		Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c"}, {Name: "d"}}},
		Status: v1.PodStatus{
			Phase:     []v1.PodPhase{v1.PodRunning, v1.PodPending, v1.PodFailed, v1.PodSucceeded}[r.Phase],
			StartTime: ptr.To(ago(r.Started)),
		},
	}
	if r.Ready < 3 {
		status := []v1.ConditionStatus{v1.ConditionTrue, v1.ConditionFalse, v1.ConditionUnknown}[r.Ready]
		pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: status, LastTransitionTime: ago(r.Since)}}
	}
	if r.Leaving {
		pod.DeletionTimestamp = ptr.To(ago(0))
	}
	if r.Request > 0 {
		for i := range pod.Spec.Containers {
			pod.Spec.Containers[i].Resources.Requests = v1.ResourceList{v1.ResourceCPU: *quantityOf(int64(r.Request))}
		}
	}
	return pod
}

const deafMetric = "deaf"

// givenValues are the values at one sync.
type givenValues struct{ answers }

func (g givenValues) Pods(name string, selector labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	if name == deafMetric {
		return metrics.PodMetricsInfo{}, time.Time{}, nil
	}
	return g.answers.Pods(name, selector)
}

func (s situation) measure(sync int, now time.Time) givenValues {
	a := answers{pods: map[string]metrics.PodMetricsInfo{"": {}, "cpu": {}, "cpuc": {}}, external: s.values}
	for i, r := range s.pods {
		if r.Silent {
			continue
		}
		metric := func(value uint32) metrics.PodMetric {
			return metrics.PodMetric{Timestamp: now, Window: 30 * time.Second, Value: int64(value)}
		}
		name := fmt.Sprintf("web-%d", i)
		a.pods[""][name], a.pods["cpuc"][name], a.pods["cpu"][name] = metric(r.Use), metric(r.Use), metric(r.Use+r.Beside)
	}
	if sync > 0 {
		a.external = s.then[sync-1 : sync]
	}
	if len(a.external) > 0 {
		a.value = a.external[0]
	}
	return givenValues{a}
}

// play lets upstream and a decider reconcile the autoscaler at each sync. It
// returns the sizes that the target gets, and the first thing that they do
// differently.
func (s situation) play(t *testing.T, decide decider) (sizes []int32, found string) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		u, st := newUpstream(t, cfg), s.story(time.Now())
		var state State
		for i := range 1 + len(s.then) {
			v := View{HPA: st.hpa, Scale: st.scale, Pods: st.pods, Metrics: s.measure(i, time.Now()),
				Selecting: []selectors.Key{{Name: "web", Namespace: "default"}}}
			if found = st.sync(t, u, cfg, &state, v, decide); found != "" {
				found = fmt.Sprintf("sync %d: %s", i, found)
				return
			}
			sizes = append(sizes, st.scale.Spec.Replicas)
			st.scale.Status.Replicas = st.scale.Spec.Replicas
			time.Sleep(cfg.SyncPeriod - 500*time.Millisecond)
		}
	})
	return sizes, found
}
