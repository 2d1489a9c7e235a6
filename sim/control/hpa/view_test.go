package hpa

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// TestFaultsOfTheView: what defaulting and validation would have seen to is an
// error that names the field, not a panic.
func TestFaultsOfTheView(t *testing.T) {
	for want, spoil := range map[string]func(*View){
		"hpa: must be set, got nil":                               func(v *View) { v.HPA = nil },
		"scale: must be set, got nil":                             func(v *View) { v.Scale = nil },
		"metrics: must be set, got nil":                           func(v *View) { v.Metrics = nil },
		"spec.metrics: must be set, got nil":                      func(v *View) { v.HPA.Spec.Metrics = nil },
		"spec.metrics[0].resource: must be set, got nil":          source(autoscalingv2.ResourceMetricSourceType),
		"spec.metrics[0].containerResource: must be set, got nil": source(autoscalingv2.ContainerResourceMetricSourceType),
		"spec.metrics[0].object: must be set, got nil":            source(autoscalingv2.ObjectMetricSourceType),
		"spec.metrics[0].external: must be set, got nil":          source(autoscalingv2.ExternalMetricSourceType),
		"spec.metrics[0].pods: must be set, got nil":              source(autoscalingv2.PodsMetricSourceType),
		"spec.behavior.scaleUp: must be set, got nil":             behavior(autoscalingv2.HorizontalPodAutoscalerBehavior{}),
		"spec.behavior.scaleUp.selectPolicy: must be set, got nil": behavior(autoscalingv2.HorizontalPodAutoscalerBehavior{
			ScaleUp: &autoscalingv2.HPAScalingRules{}}),
		"spec.metrics[0].pods.target.averageValue: must be set, got nil": func(v *View) {
			v.HPA.Spec.Metrics = []autoscalingv2.MetricSpec{
				{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{}}}
		},
	} {
		s := newStory(3)
		s.pass(time.Now())
		v := View{HPA: s.hpa.DeepCopy(), Scale: s.scale, Pods: s.pods, Metrics: s.values}
		_, err := Reconcile(DefaultConfig(), &State{}, v, time.Now())
		require.NoError(t, err)
		spoil(&v)
		_, err = Reconcile(DefaultConfig(), &State{}, v, time.Now())
		require.ErrorContains(t, err, want)
	}
}

func source(kind autoscalingv2.MetricSourceType) func(*View) {
	return func(v *View) { v.HPA.Spec.Metrics = []autoscalingv2.MetricSpec{{Type: kind}} }
}

func behavior(b autoscalingv2.HorizontalPodAutoscalerBehavior) func(*View) {
	return func(v *View) { v.HPA.Spec.Behavior = &b }
}
