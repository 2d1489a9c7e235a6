package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Another maximum is followed at once, and leaves the period of 15 s as it was: the
// work queue holds a key for the first of its times (client-go
// util/workqueue/delaying_queue.go).
func TestAChangedAutoscalerKeepsItsPeriod(t *testing.T) {
	target, minimum := resource.MustParse("10"), int32(1)
	scaler := func(maximum int32) *autoscalingv2.HorizontalPodAutoscaler {
		return &autoscalingv2.HorizontalPodAutoscaler{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db"},
			Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "db"}, MinReplicas: &minimum, MaxReplicas: maximum,
				Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "queue"},
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &target},
				}}},
			},
		}
	}
	value := func(seconds float64, amount string) cluster.Step {
		return cluster.Step{At: at(seconds), Action: cluster.SetMetric{Name: "queue", Namespace: "default", Value: resource.MustParse(amount)}}
	}
	spec := stateful(1, nil,
		value(0, "40"),
		cluster.Step{At: at(37), Action: cluster.Apply{Objects: []runtime.Object{scaler(4)}}},
		value(38, "60"),
		cluster.Step{At: at(53), Action: cluster.Apply{Objects: []runtime.Object{scaler(9)}}},
		value(54, "90"),
	)
	spec.Objects = append(spec.Objects, scaler(2))
	var scaled [][2]float64
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.Scaled); is {
			scaled = append(scaled, [2]float64{r.T.Seconds(), float64(r.To)})
		}
	}
	require.Equal(t, [][2]float64{{0.04, 2}, {37.04, 4}, {53.04, 6}, {60.2, 9}}, scaled, "a look takes 40 ms: it writes at 0.04, 15.08, 30.12, 45.16 and 60.2 s")
}
