package keda

import (
	"cmp"
	"slices"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	autoscalingdefaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
)

// OwnerLabel selects the metrics of a ScaledObject.
const OwnerLabel = "scaledobject.keda.sh/name"

// AutoscalerName is the name of the HorizontalPodAutoscaler that it makes.
func (s *ScaledObject) AutoscalerName() string {
	if a := s.Spec.Advanced; a != nil && a.HorizontalPodAutoscalerConfig != nil &&
		a.HorizontalPodAutoscalerConfig.Name != "" {
		return a.HorizontalPodAutoscalerConfig.Name
	}
	return "keda-hpa-" + s.Name
}

// TargetKind is the kind of what is scaled.
func (s *ScaledObject) TargetKind() string {
	return cmp.Or(s.Spec.ScaleTargetRef.Kind, "Deployment")
}

// Autoscaler is the HorizontalPodAutoscaler of a ScaledObject, with the API
// server's defaults (controllers/keda/hpa.go, newHPAForScaledObject). The
// ScaledObject must be valid.
func Autoscaler(s *ScaledObject) *autoscalingv2.HorizontalPodAutoscaler {
	least := max(1, s.minimum())
	h := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.AutoscalerName()},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			MinReplicas: &least, MaxReplicas: or(s.Spec.MaxReplicaCount, defaultMaxReplicas),
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{
				APIVersion: cmp.Or(s.Spec.ScaleTargetRef.APIVersion, "apps/v1"), Kind: s.TargetKind(),
				Name: s.Spec.ScaleTargetRef.Name,
			},
		},
	}
	for i := range s.Spec.Triggers {
		h.Spec.Metrics = append(h.Spec.Metrics, s.metric(i))
	}
	slices.SortStableFunc(h.Spec.Metrics, func(a, b autoscalingv2.MetricSpec) int { return cmp.Compare(a.Type, b.Type) })
	if a := s.Spec.Advanced; a != nil && a.HorizontalPodAutoscalerConfig != nil {
		h.Spec.Behavior = a.HorizontalPodAutoscalerConfig.Behavior.DeepCopy()
	}
	disabled := autoscalingv2.DisabledPolicySelect
	if s.annotated(PausedScaleIn) {
		behavior(h).ScaleDown = orNew(behavior(h).ScaleDown)
		behavior(h).ScaleDown.SelectPolicy = &disabled
	}
	if s.annotated(PausedScaleOut) {
		behavior(h).ScaleUp = orNew(behavior(h).ScaleUp)
		behavior(h).ScaleUp.SelectPolicy = &disabled
	}
	autoscalingdefaults.SetDefaults_HorizontalPodAutoscaler(h)
	autoscalingdefaults.SetDefaults_HorizontalPodAutoscalerBehavior(h)
	return h
}

func behavior(h *autoscalingv2.HorizontalPodAutoscaler) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	if h.Spec.Behavior == nil {
		h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{}
	}
	return h.Spec.Behavior
}

func orNew(r *autoscalingv2.HPAScalingRules) *autoscalingv2.HPAScalingRules {
	if r == nil {
		return &autoscalingv2.HPAScalingRules{}
	}
	return r
}

// metric is what the autoscaler asks for in the name of a trigger.
func (s *ScaledObject) metric(i int) autoscalingv2.MetricSpec {
	t := &s.Spec.Triggers[i]
	target := autoscalingv2.MetricTarget{Type: t.target()}
	if t.IsResource() {
		if percent, err := strconv.ParseInt(t.Metadata["value"], 10, 32); err == nil &&
			t.MetricType == autoscalingv2.UtilizationMetricType {
			n := int32(percent)
			target.AverageUtilization = &n
		} else if q, err := resource.ParseQuantity(t.Metadata["value"]); err == nil {
			target.AverageValue = &q
		}
		if c := t.Metadata["containerName"]; c != "" {
			return autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
				ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
					Name: v1.ResourceName(t.Type), Container: c, Target: target,
				}}
		}
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{
				Name: v1.ResourceName(t.Type), Target: target,
			}}
	}
	value, _ := t.threshold()
	quantity := resource.NewMilliQuantity(int64(value*1000), resource.DecimalSI)
	if target.Type == valueTarget {
		target.Value = quantity
	} else {
		target.AverageValue = quantity
	}
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{
				Name: s.MetricName(i), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{OwnerLabel: s.Name}},
			},
			Target: target,
		}}
}
