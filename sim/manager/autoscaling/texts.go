package autoscaling

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

// texts are what a metric shows and is to show, as kubectl get hpa has them
// (k8s.io/kubernetes/pkg/printers/internalversion/printers.go, formatHPAMetrics).
func texts(spec *autoscalingv2.MetricSpec, status *autoscalingv2.MetricStatus) (current, target string) {
	switch {
	case spec.Resource != nil && status.Resource != nil:
		return valueText(status.Resource.Current), targetText(spec.Resource.Target)
	case spec.ContainerResource != nil && status.ContainerResource != nil:
		return valueText(status.ContainerResource.Current), targetText(spec.ContainerResource.Target)
	case spec.Pods != nil && status.Pods != nil:
		return valueText(status.Pods.Current), targetText(spec.Pods.Target)
	case spec.Object != nil && status.Object != nil:
		return valueText(status.Object.Current), targetText(spec.Object.Target)
	case spec.External != nil && status.External != nil:
		return valueText(status.External.Current), targetText(spec.External.Target)
	}
	return "", ""
}

func valueText(v autoscalingv2.MetricValueStatus) string {
	return firstText(v.AverageUtilization, v.AverageValue, v.Value)
}

func targetText(t autoscalingv2.MetricTarget) string {
	return firstText(t.AverageUtilization, t.AverageValue, t.Value)
}

func firstText(percent *int32, average, value *resource.Quantity) string {
	switch {
	case percent != nil:
		return fmt.Sprintf("%d%%", *percent)
	case average != nil:
		return average.String() + " (avg)"
	case value != nil:
		return value.String()
	}
	return ""
}
