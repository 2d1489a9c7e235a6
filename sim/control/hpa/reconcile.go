package hpa

import (
	"errors"
	"fmt"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/features"
)

// sync is one sync under way.
type sync struct {
	cfg   Config
	state *State
	view  *View
	now   time.Time
	hpa   *autoscalingv2.HorizontalPodAutoscaler // a copy, whose status is being written
	least int32                                  // spec.minReplicas
	Decision
}

// Reconcile is one sync of an autoscaler (horizontal.go, reconcileAutoscaler).
// It is due every Config.SyncPeriod, and at once after a change of the spec.
// The rescale is taken to succeed. An error is a fault of the view; what the
// controller itself runs into is Decision.Err.
func Reconcile(cfg Config, state *State, v View, now time.Time) (Decision, error) {
	if err := v.validate(); err != nil {
		return Decision{}, err
	}
	s := &sync{cfg: cfg, state: state, view: &v, now: now, hpa: v.HPA.DeepCopy(), least: 1}
	if v.HPA.Spec.MinReplicas != nil {
		s.least = *v.HPA.Spec.MinReplicas
	}
	s.run()
	s.Status = s.hpa.Status
	return s.Decision, nil
}

func (s *sync) run() {
	ref := s.hpa.Spec.ScaleTargetRef
	reference := fmt.Sprintf("%s/%s/%s", ref.Kind, s.hpa.Namespace, ref.Name)
	if s.view.ScaleError != nil {
		s.event(v1.EventTypeWarning, "FailedGetScale", s.view.ScaleError.Error())
		s.condition(autoscalingv2.AbleToScale, v1.ConditionFalse, "FailedGetScale",
			"the HPA controller was unable to get the target's current scale: %v", s.view.ScaleError)
		s.Err = fmt.Errorf("failed to query scale subresource for %s: %w", reference, s.view.ScaleError)
		return
	}
	s.condition(autoscalingv2.AbleToScale, v1.ConditionTrue, "SucceededGetScale",
		"the HPA controller was able to get the target's current scale")
	s.Current = s.view.Scale.Spec.Replicas
	if s.state.recommendations == nil {
		s.state.recommendations = []recommendation{{s.Current, s.now}}
	}

	fromZero := utilfeature.DefaultFeatureGate.Enabled(features.HPAScaleToZero) && s.isScaledToZero()
	var statuses []autoscalingv2.MetricStatus
	switch {
	case s.Current == 0 && (!fromZero || (s.least == 0 && !s.hasTotals())):
		s.condition(autoscalingv2.ScalingActive, v1.ConditionFalse, "ScalingDisabled",
			"scaling is disabled since the replica count of the target is zero")
		if !utilfeature.DefaultFeatureGate.Enabled(features.HPAScaleToZero) {
			s.removeCondition(autoscalingv2.ScaledToZero)
		}
	case s.Current > s.hpa.Spec.MaxReplicas:
		s.Desired, s.Rescale, s.Reason = s.hpa.Spec.MaxReplicas, true, "Current number of replicas above Spec.MaxReplicas"
	case s.Current != 0 && s.Current < s.least:
		s.Desired, s.Rescale, s.Reason = s.least, true, "Current number of replicas below Spec.MinReplicas"
	default:
		var failed bool
		if statuses, failed = s.byMetrics(fromZero); failed {
			s.Desired = s.Current
			s.setStatus(s.hpa.Status.DesiredReplicas, statuses)
			s.event(v1.EventTypeWarning, "FailedComputeMetricsReplicas", s.Err.Error())
			s.Err = fmt.Errorf("failed to compute desired number of replicas based on listed metrics for %s: %w", reference,
				s.Err)
			return
		}
	}
	if s.Rescale {
		s.rescaled()
	} else {
		s.Desired = s.Current
	}
	s.setStatus(s.Desired, statuses)
}

// byMetrics sets Desired from the metrics; failed is that none gave an answer
// that may be acted on.
func (s *sync) byMetrics(fromZero bool) (statuses []autoscalingv2.MetricStatus, failed bool) {
	replicas, statuses, failed := s.propose()
	if failed {
		return statuses, true
	}
	s.Recommended = max(0, replicas)
	s.Desired = s.Recommended
	switch {
	case s.Desired > s.Current:
		s.Reason = s.Metric + " above target"
	case s.Desired < s.Current:
		s.Reason = "All metrics below target"
	}
	if s.hpa.Spec.Behavior == nil {
		s.normalize()
	} else {
		s.normalizeWithBehavior()
	}
	if s.Current == 0 && s.least != 0 && fromZero && s.Desired < s.least {
		s.Desired = s.least
		if s.Reason == "" {
			s.Reason = "Current number of replicas below Spec.MinReplicas"
		}
	}
	s.Rescale = s.Desired != s.Current
	return statuses, false
}

// propose asks every metric; the largest answer wins. A metric that fails
// stands in the way of a scale-down (computeReplicasForMetrics).
func (s *sync) propose() (replicas int32, statuses []autoscalingv2.MetricStatus, failed bool) {
	if s.Err = s.checkSelector(); s.Err != nil {
		return 0, nil, true
	}
	c := newCalculator(s.cfg, s.view, s.now)
	specs := s.hpa.Spec.Metrics
	statuses = make([]autoscalingv2.MetricStatus, len(specs))
	invalid := 0
	var first autoscalingv2.HorizontalPodAutoscalerCondition
	for i := range specs {
		status, reason, p, cause := c.metric(&specs[i])
		s.Proposals = append(s.Proposals, p)
		if cause != nil {
			s.event(v1.EventTypeWarning, reason, cause.Error())
			if invalid == 0 {
				first.Reason, first.Message = reason, fmt.Sprintf("the HPA was unable to compute the replica count: %v", cause)
				s.Err = p.Err
			}
			invalid++
			continue
		}
		statuses[i] = status
		if replicas == 0 || p.Replicas > replicas {
			replicas, s.Metric = p.Replicas, p.Metric
		}
	}
	if invalid > 0 {
		s.Err = fmt.Errorf("invalid metrics (%v invalid out of %v), first error is: %w", invalid, len(specs), s.Err)
	}
	if invalid >= len(specs) || (invalid > 0 && replicas < s.Current) {
		s.condition(autoscalingv2.ScalingActive, v1.ConditionFalse, first.Reason, "%s", first.Message)
		s.Metric = ""
		return 0, statuses, true
	}
	s.condition(autoscalingv2.ScalingActive, v1.ConditionTrue, "ValidMetricFound",
		"the HPA was able to successfully calculate a replica count from %s", s.Metric)
	return replicas, statuses, false
}

func (s *sync) checkSelector() error {
	selector := s.view.Scale.Status.Selector
	refuse := func(event, condition, message, told string) error {
		s.event(v1.EventTypeWarning, event, message)
		s.condition(autoscalingv2.ScalingActive, v1.ConditionFalse, condition, "%s", told)
		return errors.New(message)
	}
	if selector == "" {
		return refuse("SelectorRequired", "InvalidSelector", "selector is required",
			"the HPA target's scale is missing a selector")
	}
	if _, err := labels.Parse(selector); err != nil {
		message := fmt.Sprintf("couldn't convert selector into a corresponding internal selector object: %v", err)
		return refuse("InvalidSelector", "InvalidSelector", message, message)
	}
	if len(s.view.Selecting) > 1 {
		message := fmt.Sprintf("pods by selector %v are controlled by more than one HPA (e.g. %v)", selector,
			s.view.Selecting[:2])
		return refuse("AmbiguousSelector", "AmbiguousSelector", message, message)
	}
	return nil
}

// rescaled is what follows a successful write of the scale.
func (s *sync) rescaled() {
	s.condition(autoscalingv2.AbleToScale, v1.ConditionTrue, "SucceededRescale",
		"the HPA controller was able to update the target scale to %d", s.Desired)
	s.event(v1.EventTypeNormal, "SuccessfulRescale", fmt.Sprintf("New size: %d; reason: %s", s.Desired, s.Reason))
	s.storeScaleEvent()
	switch {
	case !utilfeature.DefaultFeatureGate.Enabled(features.HPAScaleToZero):
		s.removeCondition(autoscalingv2.ScaledToZero)
	case s.Current > 0 && s.Desired == 0 && s.least == 0 && s.hasTotals():
		s.condition(autoscalingv2.ScaledToZero, v1.ConditionTrue, "ScaledToZero",
			"the HPA controller scaled the workload to zero")
	default:
		s.condition(autoscalingv2.ScaledToZero, v1.ConditionFalse, "NotScaledToZero",
			"the HPA controller did not scale the workload to zero")
	}
}

func (s *sync) setStatus(desired int32, statuses []autoscalingv2.MetricStatus) {
	next := autoscalingv2.HorizontalPodAutoscalerStatus{
		CurrentReplicas: s.Current,
		DesiredReplicas: desired,
		LastScaleTime:   s.hpa.Status.LastScaleTime,
		CurrentMetrics:  statuses,
		Conditions:      s.hpa.Status.Conditions,
	}
	if utilfeature.DefaultFeatureGate.Enabled(features.HPAGeneration) {
		generation := s.hpa.Generation
		next.ObservedGeneration = &generation
	}
	if s.Rescale {
		now := metav1.NewTime(s.now)
		next.LastScaleTime = &now
	}
	s.hpa.Status = next
}

func (s *sync) event(kind, reason, message string) {
	s.Events = append(s.Events, Event{kind, reason, message})
}

func (s *sync) condition(kind autoscalingv2.HorizontalPodAutoscalerConditionType, status v1.ConditionStatus, reason,
	message string, arguments ...any) {
	list := &s.hpa.Status.Conditions
	at := -1
	for i := range *list {
		if (*list)[i].Type == kind {
			at = i
		}
	}
	if at < 0 {
		*list = append(*list, autoscalingv2.HorizontalPodAutoscalerCondition{Type: kind})
		at = len(*list) - 1
	}
	c := &(*list)[at]
	if c.Status != status {
		c.LastTransitionTime = metav1.NewTime(s.now)
	}
	c.Status, c.Reason, c.Message = status, reason, fmt.Sprintf(message, arguments...)
}

func (s *sync) removeCondition(kind autoscalingv2.HorizontalPodAutoscalerConditionType) {
	kept := s.hpa.Status.Conditions[:0]
	for _, c := range s.hpa.Status.Conditions {
		if c.Type != kind {
			kept = append(kept, c)
		}
	}
	s.hpa.Status.Conditions = kept
}

// isScaledToZero is whether the controller itself, not a person, took the last
// replica away.
func (s *sync) isScaledToZero() bool {
	for _, c := range s.hpa.Status.Conditions {
		if c.Type == autoscalingv2.ScaledToZero {
			return c.Status == v1.ConditionTrue
		}
	}
	return false
}

// hasTotals is whether a metric can be had without pods.
func (s *sync) hasTotals() bool {
	for _, m := range s.hpa.Spec.Metrics {
		if m.Type == autoscalingv2.ObjectMetricSourceType || m.Type == autoscalingv2.ExternalMetricSourceType {
			return true
		}
	}
	return false
}
