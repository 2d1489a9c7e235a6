package hpa

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/utils/ptr"
)

// TestRecordedSteps plays what was recorded of a real control plane 1.37.2: a
// load of 600m that steps to 2400m and at 150 s to 500m, shared by the ready
// pods, of which none can use more than 1000m. A pod is Ready 10 s after it is
// made; metrics have no delay and a window of 15 s. The first sync after the step comes 5.2 s later.
func TestRecordedSteps(t *testing.T) {
	rules := func(pods, window int32) *autoscalingv2.HPAScalingRules {
		return &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: ptr.To(window),
			Policies: []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: pods, PeriodSeconds: 30}}}
	}
	for name, c := range map[string]struct {
		behavior *autoscalingv2.HorizontalPodAutoscalerBehavior
		want     []string
	}{
		// Without behavior the 8 recommended at 5 s is remembered: at 20 s the
		// limit of twice the size no longer holds it.
		"defaults": {nil, []string{"5.2s 2->4", "20.2s 4->7", "50.4s 7->8", "441.3s 8->2"}},
		"a minute's window": {&autoscalingv2.HorizontalPodAutoscalerBehavior{
			ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: ptr.To[int32](60)}},
			[]string{"5.3s 2->6", "35.4s 6->8", "200.8s 8->2"}},
		"policies": {&autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(2, 0), ScaleDown: rules(1, 30)},
			[]string{"5.4s 2->4", "35.5s 4->6", "65.6s 6->8", "170.8s 8->7", "200.9s 7->6", "231.0s 6->5", "261.0s 5->4",
				"291.1s 4->3", "321.1s 3->2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := recordedRun(t, c.behavior)
			require.Len(t, got, len(c.want), got)
			for i := range got {
				gotAt, gotStep, _ := strings.Cut(got[i], " ")
				wantAt, wantStep, _ := strings.Cut(c.want[i], " ")
				require.Equal(t, wantStep, gotStep)
				is, err := time.ParseDuration(gotAt)
				require.NoError(t, err)
				should, err := time.ParseDuration(wantAt)
				require.NoError(t, err)
				require.InDelta(t, should.Seconds(), is.Seconds(), 0.5+0.02*should.Seconds())
			}
		})
	}
}

func recordedRun(t *testing.T, behavior *autoscalingv2.HorizontalPodAutoscalerBehavior) (steps []string) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	h := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}}
	h.Spec = autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: ptr.To[int32](2), MaxReplicas: 10, Behavior: behavior,
		Metrics: []autoscalingv2.MetricSpec{
			{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name: v1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType,
					AverageUtilization: ptr.To[int32](60)}}}}}
	legacyscheme.Scheme.Default(h)
	scale := &autoscalingv1.Scale{Spec: autoscalingv1.ScaleSpec{Replicas: 2}, Status: autoscalingv1.ScaleStatus{
		Selector: "app=web"}}
	var made []time.Time // when each pod was made
	var state State
	for i := range 36 {
		// Relative to the step of the load. The controller waits for its period
		// after each sync, so that the syncs are a little more than 15 s apart.
		at := time.Duration(i)*15043*time.Millisecond - 39940*time.Millisecond
		now := start.Add(at)
		for len(made) < int(scale.Spec.Replicas) {
			when := now.Add(-15 * time.Second) // after the last sync
			if i == 0 {
				when = now.Add(-12 * time.Second)
			}
			made = append(made, when)
		}
		made = made[:scale.Spec.Replicas]
		pods, values := recordedPods(made, now, at)
		scale.Status.Replicas = int32(len(pods))
		d, err := Reconcile(DefaultConfig(), &state, View{HPA: h, Scale: scale, Pods: pods, Metrics: answers{pods: values}},
			now)
		require.NoError(t, err)
		if d.Rescale {
			steps = append(steps, fmt.Sprintf("%s %d->%d", at, d.Current, d.Desired))
			scale.Spec.Replicas = d.Desired
		}
		h.Status = d.Status
	}
	return steps
}

// recordedPods are the pods and their use at one sync.
func recordedPods(made []time.Time, now time.Time, at time.Duration) (pods []*v1.Pod,
	values map[string]metrics.PodMetricsInfo) {
	load := 600
	switch {
	case at >= 150*time.Second:
		load = 500
	case at >= 0:
		load = 2400
	}
	info := metrics.PodMetricsInfo{}
	for i, when := range made {
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d", i)},
			Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c", Resources: v1.ResourceRequirements{
				Requests: v1.ResourceList{v1.ResourceCPU: resource.MustParse("500m")}}}}},
			Status: v1.PodStatus{Phase: v1.PodRunning, StartTime: &metav1.Time{Time: when},
				Conditions: []v1.PodCondition{
					{Type: v1.PodReady, Status: v1.ConditionTrue, LastTransitionTime: metav1.NewTime(when.Add(10 * time.Second))}}}}
		pods = append(pods, p)
		info[p.Name] = metrics.PodMetric{Timestamp: now, Window: 15 * time.Second,
			Value: int64(min(1000, (load+len(made)/2)/len(made)))}
	}
	return pods, map[string]metrics.PodMetricsInfo{"cpu": info}
}
