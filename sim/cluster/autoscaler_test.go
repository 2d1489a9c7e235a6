package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

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
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "db"},
				MinReplicas:    &minimum, MaxReplicas: maximum,
				Metrics: []autoscalingv2.MetricSpec{
					{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
						Metric: autoscalingv2.MetricIdentifier{Name: "queue"},
						Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &target},
					}}},
			},
		}
	}
	value := func(seconds float64, amount string) cluster.Step {
		return cluster.Step{At: at(seconds), Action: cluster.SetMetric{Name: "queue", Namespace: "default",
			Value: resource.MustParse(amount)}}
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
	require.Equal(t, [][2]float64{{0.05, 2}, {37.05, 4}, {53.05, 6}, {60.251, 9}}, scaled,
		"a look takes 40 ms, and some more when it scales or writes its status")
}

// A container whose image is on its node starts in the very instant in which its
// kubelet takes the pod. The pod is as warm afterwards as any other, and counts:
// 80 % of what is asked for, against a target of 50 %, is too much at any size.
func TestPodsThatStartAtOnceCount(t *testing.T) {
	half := int32(50)
	spec := recorded(2, 5, nil)
	spec.Workloads[0].Behaviour.CPU.Idle = 0.4 // of 0.5
	spec.Objects = append(spec.Objects, &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MaxReplicas:    12,
			Metrics: []autoscalingv2.MetricSpec{
				{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
					Name: "cpu", Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType,
						AverageUtilization: &half},
				}}},
		},
	})
	legacyscheme.Scheme.Default(spec.Objects[len(spec.Objects)-1])
	var sizes []int32
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.Scaled); is {
			sizes = append(sizes, r.To)
		}
	}
	require.Equal(t, []int32{4, 7, 12}, sizes)
}
