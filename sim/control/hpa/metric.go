package hpa

import (
	"errors"
	"fmt"
	"maps"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// metric is the answer for one entry of spec.metrics: its status, the reason of
// the condition if it fails, and the proposal (horizontal.go,
// computeReplicasForMetric).
func (c *calculator) metric(spec *autoscalingv2.MetricSpec) (status autoscalingv2.MetricStatus, reason string,
	p Proposal, cause error) {
	var err error
	var what string
	switch spec.Type {
	case autoscalingv2.ResourceMetricSourceType:
		s := spec.Resource
		reason, what = "FailedGetResourceMetric", fmt.Sprintf("%s resource", s.Name)
		var current autoscalingv2.MetricValueStatus
		current, err = c.resourceMetric(&p, s.Target, s.Name, "")
		status = autoscalingv2.MetricStatus{Type: spec.Type, Resource: &autoscalingv2.ResourceMetricStatus{
			Name: s.Name, Current: current}}
	case autoscalingv2.ContainerResourceMetricSourceType:
		s := spec.ContainerResource
		reason, what = "FailedGetContainerResourceMetric", fmt.Sprintf("%s container", s.Container)
		var current autoscalingv2.MetricValueStatus
		current, err = c.resourceMetric(&p, s.Target, s.Name, s.Container)
		status = autoscalingv2.MetricStatus{Type: spec.Type, ContainerResource: &autoscalingv2.ContainerResourceMetricStatus{
			Name: s.Name, Container: s.Container, Current: current}}
	case autoscalingv2.PodsMetricSourceType:
		reason, what = "FailedGetPodsMetric", "pods"
		status, err = c.podsMetric(&p, spec.Pods)
	case autoscalingv2.ObjectMetricSourceType:
		reason, what = "FailedGetObjectMetric", "object"
		status, err = c.objectMetric(&p, spec.Object)
	case autoscalingv2.ExternalMetricSourceType:
		reason, what = "FailedGetExternalMetric", fmt.Sprintf("%s external", spec.External.Metric.Name)
		status, err = c.externalMetric(&p, spec.External)
	default:
		err = fmt.Errorf("unknown metric source type %q", string(spec.Type))
		p.Err = err
		return autoscalingv2.MetricStatus{}, "InvalidMetricSourceType", p, err
	}
	if err != nil {
		p.Err = fmt.Errorf("failed to get %s metric value: %w", what, err)
		return autoscalingv2.MetricStatus{}, reason, p, rootOf(err)
	}
	return status, "", p, nil
}

// inner is an error whose condition and event tell less than what the sync
// returns.
type inner struct {
	error
	told error
}

func (e inner) Unwrap() error { return e.told }

// rootOf is what the condition and the event tell of an error.
func rootOf(err error) error {
	var i inner
	if errors.As(err, &i) {
		return i.told
	}
	return err
}

func (c *calculator) resourceMetric(p *Proposal, target autoscalingv2.MetricTarget, name v1.ResourceName,
	container string) (current autoscalingv2.MetricValueStatus, err error) {
	switch {
	case target.AverageValue != nil:
		p.Metric = fmt.Sprintf("%s resource", name)
		values, err := c.resource(name, container)
		if err != nil {
			return current, fmt.Errorf("failed to get %s usage: %w", name, err)
		}
		mean, err := c.average(p, values, target.AverageValue.MilliValue(), name)
		if err != nil {
			return current, fmt.Errorf("failed to get %s usage: %w", name, err)
		}
		current.AverageValue = quantity(name, mean)
	case target.AverageUtilization == nil:
		return current, errors.New(
			"invalid resource metric source: neither an average utilization target nor an average value (usage) target was set")
	default:
		p.Metric = fmt.Sprintf("%s resource utilization (percentage of request)", name)
		if container != "" {
			p.Metric = fmt.Sprintf("%s container resource utilization (percentage of request)", name)
		}
		percent, mean, err := c.utilization(p, *target.AverageUtilization, name, container)
		if err != nil {
			return current, fmt.Errorf("failed to get %s utilization: %w", name, err)
		}
		current.AverageUtilization, current.AverageValue = &percent, quantity(name, mean)
	}
	return current, nil
}

// quantity prints memory in powers of two, as the metrics server does.
func quantity(name v1.ResourceName, milli int64) *resource.Quantity {
	if name == v1.ResourceMemory {
		return resource.NewMilliQuantity(milli, resource.BinarySI)
	}
	return decimal(milli)
}

func decimal(milli int64) *resource.Quantity {
	return resource.NewMilliQuantity(milli, resource.DecimalSI)
}

func (c *calculator) podsMetric(p *Proposal, s *autoscalingv2.PodsMetricSource) (status autoscalingv2.MetricStatus,
	err error) {
	p.Metric = "pods metric " + s.Metric.Name
	selector, err := metav1.LabelSelectorAsSelector(s.Metric.Selector)
	if err != nil {
		return status, err
	}
	values, _, err := c.view.Metrics.Pods(s.Metric.Name, selector)
	if err != nil {
		return status, fmt.Errorf("unable to get metric %s: %w", s.Metric.Name, err)
	}
	mean, err := c.average(p, maps.Clone(values), s.Target.AverageValue.MilliValue(), "")
	if err != nil {
		return status, err
	}
	return autoscalingv2.MetricStatus{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricStatus{
		Metric:  s.Metric,
		Current: autoscalingv2.MetricValueStatus{AverageValue: decimal(mean)},
	}}, nil
}

func (c *calculator) objectMetric(p *Proposal, s *autoscalingv2.ObjectMetricSource) (status autoscalingv2.MetricStatus,
	err error) {
	selector, err := metav1.LabelSelectorAsSelector(s.Metric.Selector)
	if err != nil {
		return status, err
	}
	var current autoscalingv2.MetricValueStatus
	switch target := s.Target; {
	case target.Type == autoscalingv2.ValueMetricType && target.Value != nil:
		p.Metric = fmt.Sprintf("%s metric %s", s.DescribedObject.Kind, s.Metric.Name)
		value, err := c.object(s, selector)
		if err == nil {
			err = c.total(p, value, target.Value.MilliValue())
		}
		if err != nil {
			return status, err
		}
		current.Value = decimal(value)
	case target.Type == autoscalingv2.AverageValueMetricType && target.AverageValue != nil:
		p.Metric = fmt.Sprintf("external metric %s(%+v)", s.Metric.Name, s.Metric.Selector)
		value, err := c.object(s, selector)
		if err != nil {
			return status, inner{fmt.Errorf("failed to get %s object metric: %w", s.Metric.Name, err), err}
		}
		current.AverageValue = decimal(c.share(p, value, target.AverageValue.MilliValue(), roundUp))
	default:
		return status, errors.New("invalid object metric source: neither a value target nor an average value target was set")
	}
	return autoscalingv2.MetricStatus{Type: autoscalingv2.ObjectMetricSourceType,
		Object: &autoscalingv2.ObjectMetricStatus{
			DescribedObject: s.DescribedObject, Metric: s.Metric, Current: current,
		}}, nil
}

func (c *calculator) externalMetric(p *Proposal, s *autoscalingv2.ExternalMetricSource) (
	status autoscalingv2.MetricStatus, err error) {
	p.Metric = fmt.Sprintf("external metric %s(%+v)", s.Metric.Name, s.Metric.Selector)
	var current autoscalingv2.MetricValueStatus
	switch {
	case s.Target.AverageValue != nil:
		values, err := c.external(s)
		if err != nil {
			return status, inner{fmt.Errorf("failed to get %s external metric: %w", s.Metric.Name, err), err}
		}
		current.AverageValue = decimal(c.externalShare(p, values, s.Target.AverageValue.MilliValue()))
	case s.Target.Value != nil:
		values, err := c.external(s)
		value := sumOf(values)
		if err == nil {
			err = c.total(p, value, s.Target.Value.MilliValue())
		}
		if err != nil {
			return status, inner{fmt.Errorf("failed to get external metric %s: %w", s.Metric.Name, err), err}
		}
		current.Value = decimal(value)
	default:
		return status, errors.New(
			"invalid external metric source: neither a value target nor an average value target was set")
	}
	return autoscalingv2.MetricStatus{Type: autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricStatus{
			Metric: s.Metric, Current: current,
		}}, nil
}
