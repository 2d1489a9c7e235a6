package cluster

import (
	"errors"
	"fmt"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
)

// askedMetrics answers one autoscaler in one sync. What it says of metrics that
// it does not have is what the metrics APIs' clients say
// (pkg/controller/podautoscaler/metrics/client.go).
type askedMetrics struct {
	world     *World
	now       sim.Time
	namespace string
	pods      []*pod
}

// Resource implements hpa.Metrics.
func (a *askedMetrics) Resource(name v1.ResourceName, container string) (metrics.PodMetricsInfo, time.Time, error) {
	info := metrics.PodMetricsInfo{}
	for _, p := range a.pods {
		if m, known := p.resourceMetric(a.now, name, container); known {
			info[p.api.Name] = m
		}
	}
	if len(info) == 0 {
		return nil, time.Time{}, errors.New("no metrics returned from resource metrics API")
	}
	return info, a.world.wall(a.now), nil
}

// set is the value that SetMetric gave a metric, which stands above all others.
func (a *askedMetrics) set(name string) (int64, bool) {
	value, known := a.world.metrics.custom[key(a.namespace, name)]
	return value, known
}

// found are the metrics of that name that the adapter knows.
func (a *askedMetrics) found(name string) (list []*measured) {
	for _, m := range a.world.monitoring.names[key(a.namespace, name)] {
		if m.known {
			list = append(list, m)
		}
	}
	return list
}

// notFound is the adapter's answer about a metric that it does not know
// (custom-metrics-apiserver, pkg/provider/errors.go).
func notFound(api, name, of string) error {
	return fmt.Errorf("unable to fetch metrics from %s metrics API: the server could not find the metric %s for %s", api, name, of)
}

// Pods implements hpa.Metrics; a value that was set is that of every pod.
func (a *askedMetrics) Pods(name string, _ labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	info := metrics.PodMetricsInfo{}
	show := func(of func(p *pod) (int64, bool)) {
		for _, p := range a.pods {
			if value, known := of(p); known {
				info[p.api.Name] = metrics.PodMetric{Timestamp: a.world.wall(a.now), Value: value}
			}
		}
	}
	if value, known := a.set(name); known {
		show(func(p *pod) (int64, bool) { return value, p.kubelet != nil })
		return info, a.world.wall(a.now), nil
	}
	list := a.found(name)
	if len(list) == 0 {
		return nil, time.Time{}, notFound("custom", name, "pods")
	}
	for _, m := range list {
		show(func(p *pod) (int64, bool) { return m.ofPod(a.now, p) })
	}
	if len(info) == 0 {
		return nil, time.Time{}, errors.New("no metrics returned from custom metrics API")
	}
	return info, a.world.wall(a.now), nil
}

// Object implements hpa.Metrics.
func (a *askedMetrics) Object(name string, object *autoscalingv2.CrossVersionObjectReference, _ labels.Selector) (int64, time.Time, error) {
	if value, known := a.set(name); known {
		return value, a.world.wall(a.now), nil
	}
	for _, m := range a.found(name) {
		if of := m.spec.Object; of.Kind != "" && (of.Kind != object.Kind || of.Name != object.Name) {
			continue
		}
		if value, known := m.total(a.now); known {
			return value, a.world.wall(a.now), nil
		}
	}
	return 0, time.Time{}, notFound("custom", name, object.Kind+" "+object.Name)
}

// External implements hpa.Metrics: every series of the metric whose labels the
// selector matches.
func (a *askedMetrics) External(name string, selector labels.Selector) ([]int64, time.Time, error) {
	if value, known := a.set(name); known {
		return []int64{value}, a.world.wall(a.now), nil
	}
	for _, s := range a.world.scaledObjects.inOrder() {
		if i := s.api.TriggerOf(name); i >= 0 && s.api.Namespace == a.namespace && selector.Matches(labels.Set{keda.OwnerLabel: s.api.Name}) {
			value, err := s.externalMetric(a.now, i)
			if err != nil {
				return nil, time.Time{}, fmt.Errorf("unable to fetch metrics from external metrics API: %w", err)
			}
			return []int64{value}, a.world.wall(a.now), nil
		}
	}
	var values []int64
	declared := a.world.monitoring.names[key(a.namespace, name)]
	list := a.found(name)
	if len(declared) > 0 && len(list) == 0 {
		return nil, time.Time{}, notFound("external", name, "namespaces")
	}
	for _, m := range list {
		// A spec without selector is asked for with "", which is all.
		if selector.String() != "" && !selector.Matches(m.spec.Labels) {
			continue
		}
		if value, known := m.total(a.now); known {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, time.Time{}, errors.New("no metrics returned from external metrics API")
	}
	return values, a.world.wall(a.now), nil
}
