package keda

import (
	"fmt"
	"slices"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Fault is what is wrong with a field.
type Fault struct{ Field, Message string }

// Validate finds what KEDA or the API server refuses (scaledobject_types.go,
// CheckReplicaCountBoundsAreValid and CheckFallbackValid; the scalers).
func (s *ScaledObject) Validate() (faults []Fault) {
	fault := func(field, format string, arguments ...any) {
		faults = append(faults, Fault{"spec." + field, fmt.Sprintf(format, arguments...)})
	}
	spec := &s.Spec
	if r := spec.ScaleTargetRef; r == nil || r.Name == "" {
		fault("scaleTargetRef.name", "must be given")
	} else if !slices.Contains([]string{"", "Deployment", "StatefulSet", "ReplicaSet"}, r.Kind) {
		fault("scaleTargetRef.kind", "must be Deployment, StatefulSet or ReplicaSet, got %.60q", r.Kind)
	}
	for _, n := range []struct {
		field string
		value *int32
		least int32
	}{
		{"pollingInterval", spec.PollingInterval, 1}, {"cooldownPeriod", spec.CooldownPeriod, 0},
		{"initialCooldownPeriod", spec.InitialCooldownPeriod, 0},
		{"idleReplicaCount", spec.IdleReplicaCount, 0}, {"minReplicaCount", spec.MinReplicaCount, 0},
		{"maxReplicaCount", spec.MaxReplicaCount, 1},
	} {
		if n.value != nil && *n.value < n.least {
			fault(n.field, "must be at least %d, got %d", n.least, *n.value)
		}
	}
	if least, most := s.minimum(), or(spec.MaxReplicaCount, defaultMaxReplicas); least > most {
		fault("minReplicaCount", "MinReplicaCount=%d must be less than MaxReplicaCount=%d", least, most)
	}
	if idle := spec.IdleReplicaCount; idle != nil && *idle >= s.minimum() {
		fault("idleReplicaCount", "IdleReplicaCount=%d must be less than MinReplicaCount=%d", *idle, s.minimum())
	}
	if f := spec.Fallback; f != nil {
		if f.FailureThreshold < 0 || f.Replicas < 0 {
			fault("fallback", "FailureThreshold=%d & Replicas=%d must both be greater than or equal to 0", f.FailureThreshold,
				f.Replicas)
		}
		if !slices.Contains([]string{"", "static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"},
			f.Behavior) {
			fault("fallback.behavior",
				"must be static, currentReplicas, currentReplicasIfHigher or currentReplicasIfLower, got %.60q", f.Behavior)
		}
	}
	if _, to := s.IsPaused(); s.Annotations[PausedReplicas] != "" && (to == nil || *to < 0) {
		faults = append(faults,
			Fault{"metadata.annotations", fmt.Sprintf("%s: must be a number from 0 on, got %.60q", PausedReplicas,
				s.Annotations[PausedReplicas])})
	}
	if len(spec.Triggers) == 0 {
		fault("triggers", "must have at least one")
	}
	for i := range spec.Triggers {
		s.validateTrigger(i, fault)
	}
	return faults
}

func (s *ScaledObject) validateTrigger(i int, fault func(field, format string, arguments ...any)) {
	t, at := &s.Spec.Triggers[i], fmt.Sprintf("triggers[%d]", i)
	switch {
	case t.Type == "":
		fault(at+".type", "must be given")
	case t.IsResource():
		value := t.Metadata["value"]
		_, noNumber := strconv.ParseInt(value, 10, 32)
		_, noQuantity := resource.ParseQuantity(value)
		switch {
		case t.MetricType == autoscalingv2.UtilizationMetricType && noNumber != nil:
			fault(at+".metadata.value", "must be a percentage, got %.60q", value)
		case t.MetricType == autoscalingv2.AverageValueMetricType && noQuantity != nil:
			fault(at+".metadata.value", "must be a quantity, got %.60q", value)
		case t.MetricType != autoscalingv2.UtilizationMetricType && t.MetricType != autoscalingv2.AverageValueMetricType:
			fault(at+".metricType", "unknown metric type: %s, allowed values are 'Utilization' or 'AverageValue'", t.MetricType)
		}
	default:
		if t.MetricType == autoscalingv2.UtilizationMetricType {
			fault(at+".metricType",
				"'Utilization' metric type is unsupported for external metrics, allowed values are 'Value' or 'AverageValue'")
		}
		if _, err := t.threshold(); err != nil {
			fault(at, "%s", err)
		}
	}
}
