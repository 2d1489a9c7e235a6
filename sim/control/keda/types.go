package keda

import (
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersionKind is that of a ScaledObject.
var GroupVersionKind = schema.GroupVersionKind{Group: "keda.sh", Version: "v1alpha1", Kind: "ScaledObject"}

// ScaledObject is keda.sh/v1alpha1's, with the fields that matter to when it
// scales (apis/keda/v1alpha1/scaledobject_types.go).
type ScaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

// Spec is spec. Times are seconds.
type Spec struct {
	ScaleTargetRef        *TargetRef `json:"scaleTargetRef"`
	PollingInterval       *int32     `json:"pollingInterval"`
	InitialCooldownPeriod *int32     `json:"initialCooldownPeriod"`
	CooldownPeriod        *int32     `json:"cooldownPeriod"`
	IdleReplicaCount      *int32     `json:"idleReplicaCount"`
	MinReplicaCount       *int32     `json:"minReplicaCount"`
	MaxReplicaCount       *int32     `json:"maxReplicaCount"`
	Advanced              *Advanced  `json:"advanced"`
	Triggers              []Trigger  `json:"triggers"`
	Fallback              *Fallback  `json:"fallback"`
}

// TargetRef names what is scaled; a Deployment when it has no kind.
type TargetRef struct {
	Name                   string `json:"name"`
	APIVersion             string `json:"apiVersion"`
	Kind                   string `json:"kind"`
	EnvSourceContainerName string `json:"envSourceContainerName"`
}

// Advanced is spec.advanced.
type Advanced struct {
	HorizontalPodAutoscalerConfig *AutoscalerConfig `json:"horizontalPodAutoscalerConfig"`
	RestoreToOriginalReplicaCount bool              `json:"restoreToOriginalReplicaCount"`
}

// AutoscalerConfig is what the HorizontalPodAutoscaler gets.
type AutoscalerConfig struct {
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
	Name     string                                         `json:"name"`
}

// Trigger is an entry of spec.triggers.
type Trigger struct {
	Type              string                         `json:"type"`
	Name              string                         `json:"name"`
	UseCachedMetrics  bool                           `json:"useCachedMetrics"`
	Metadata          map[string]string              `json:"metadata"`
	AuthenticationRef map[string]string              `json:"authenticationRef"`
	MetricType        autoscalingv2.MetricTargetType `json:"metricType"`
}

// Fallback is spec.fallback.
type Fallback struct {
	FailureThreshold int32  `json:"failureThreshold"`
	Replicas         int32  `json:"replicas"`
	Behavior         string `json:"behavior"`
}

// DeepCopyObject implements runtime.Object.
func (s *ScaledObject) DeepCopyObject() runtime.Object {
	c := *s
	c.ObjectMeta = *s.ObjectMeta.DeepCopy()
	return &c // nobody writes into a spec
}

// Defaults (withtriggers_types.go; executor/scale_executor.go;
// scaledobject_types.go).
const (
	defaultPollingInterval = 30
	defaultCooldownPeriod  = 300
	defaultMaxReplicas     = 100
)

// Annotations that stop some or all of the scaling.
const (
	Paused          = "autoscaling.keda.sh/paused"
	PausedReplicas  = "autoscaling.keda.sh/paused-replicas"
	PausedScaleIn   = "autoscaling.keda.sh/paused-scale-in"
	PausedScaleOut  = "autoscaling.keda.sh/paused-scale-out"
	ForceActivation = "autoscaling.keda.sh/force-activation"
)

// annotated is whether an annotation is there and not false.
func (s *ScaledObject) annotated(name string) bool {
	text, there := s.Annotations[name]
	value, err := strconv.ParseBool(text)
	return there && (value || err != nil)
}

// IsPaused is whether neither KEDA nor its autoscaler scale; to is what the
// target is set to then, if that is given.
func (s *ScaledObject) IsPaused() (paused bool, to *int32) {
	text, there := s.Annotations[PausedReplicas]
	if !there {
		return s.annotated(Paused), nil
	}
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		count := int32(n)
		to = &count
	}
	return true, to
}

func (s *ScaledObject) minimum() int32 { return or(s.Spec.MinReplicaCount, 0) }

// PollingInterval is how often the triggers are looked at, in seconds.
func (s *ScaledObject) PollingInterval() int32 {
	return or(s.Spec.PollingInterval, defaultPollingInterval)
}

func or(p *int32, otherwise int32) int32 {
	if p == nil {
		return otherwise
	}
	return *p
}
