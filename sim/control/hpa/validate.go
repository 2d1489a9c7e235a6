package hpa

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// validateSpec holds what the API server's defaulting and validation see to:
// upstream's controller dereferences these fields without a look.
func validateSpec(h *autoscalingv2.HorizontalPodAutoscaler) error {
	missing := func(path string) error {
		return fmt.Errorf("hpa %s/%s: spec.%s: must be set, got nil", h.Namespace, h.Name, path)
	}
	if len(h.Spec.Metrics) == 0 {
		return missing("metrics")
	}
	for i := range h.Spec.Metrics {
		if field := missingOf(&h.Spec.Metrics[i]); field != "" {
			return missing(fmt.Sprintf("metrics[%d].%s", i, field))
		}
	}
	b := h.Spec.Behavior
	if b == nil {
		return nil
	}
	for _, r := range []struct {
		name   string
		rules  *autoscalingv2.HPAScalingRules
		window bool // of scale-downs it has a flag
	}{{"scaleUp", b.ScaleUp, true}, {"scaleDown", b.ScaleDown, false}} {
		switch path := "behavior." + r.name; {
		case r.rules == nil:
			return missing(path)
		case r.rules.SelectPolicy == nil:
			return missing(path + ".selectPolicy")
		case r.window && r.rules.StabilizationWindowSeconds == nil:
			return missing(path + ".stabilizationWindowSeconds")
		}
	}
	return nil
}

// missingOf is the field without which the metric can't be asked for.
func missingOf(m *autoscalingv2.MetricSpec) string {
	switch {
	case m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource == nil:
		return "resource"
	case m.Type == autoscalingv2.ContainerResourceMetricSourceType && m.ContainerResource == nil:
		return "containerResource"
	case m.Type == autoscalingv2.PodsMetricSourceType && m.Pods == nil:
		return "pods"
	case m.Type == autoscalingv2.PodsMetricSourceType && m.Pods.Target.AverageValue == nil:
		return "pods.target.averageValue"
	case m.Type == autoscalingv2.ObjectMetricSourceType && m.Object == nil:
		return "object"
	case m.Type == autoscalingv2.ExternalMetricSourceType && m.External == nil:
		return "external"
	}
	return ""
}
