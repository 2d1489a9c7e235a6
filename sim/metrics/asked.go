package metrics

import (
	"errors"
	"fmt"
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	podmetrics "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// asked answers one autoscaler in one sync. For metrics that it does not have it
// gives the errors of the metrics APIs' clients (pkg/controller/podautoscaler/metrics/client.go).
type asked struct {
	apis      *APIs
	now       sim.Time
	namespace string
	pods      []*apiserver.Pod

	given  []given
	looked []*metricsserver.Pod // of the pods
	since  sim.Time             // the values have been seen to be the same at this instant
	varies bool                 // something was asked for that is not among given
}

// given is the answer about a resource of the pods.
type given struct {
	resource  v1.ResourceName
	container string
	values    []int64 // of each pod; absent of one without
}

const absent = math.MinInt64

// Asked answers an autoscaler of a namespace in a sync at an instant. pods are
// those that its target selects.
func (a *APIs) Asked(now sim.Time, namespace string, pods []*apiserver.Pod) hpa.Answers {
	asked := &asked{apis: a, now: now, namespace: namespace, pods: pods, since: now}
	for _, p := range pods {
		asked.looked = append(asked.looked, a.resources.looked[p.Object().UID])
	}
	return asked
}

// Stand implements hpa.Answers. Of custom and external metrics it does not know.
func (a *asked) Stand() bool {
	if a.varies {
		return false
	}
	now := a.apis.store.Now()
	for i, p := range a.pods {
		if looked := a.looked[i]; looked != nil && looked.Steady(a.since) {
			continue
		}
		for _, g := range a.given {
			if a.apis.milli(now, p, g.resource, g.container) != g.values[i] {
				return false
			}
		}
	}
	a.since = now
	return true
}

func (a *asked) wall() time.Time { return a.apis.store.Wall(a.now) }

// Resource implements hpa.Metrics.
func (a *asked) Resource(name v1.ResourceName, container string) (podmetrics.PodMetricsInfo, time.Time, error) {
	info := podmetrics.PodMetricsInfo{}
	g := given{name, container, make([]int64, len(a.pods))}
	for i, p := range a.pods {
		g.values[i] = absent
		if m, known := a.apis.resource(a.now, p, name, container); known {
			info[p.Name()], g.values[i] = m, m.Value
		}
	}
	a.given = append(a.given, g)
	if len(info) == 0 {
		return nil, time.Time{}, errors.New("no metrics returned from resource metrics API")
	}
	return info, a.wall(), nil
}

// set is the value that a step gave a metric, which stands above all others.
func (a *asked) set(name string) (int64, bool) {
	value, known := a.apis.set[kinds.Key(a.namespace, name)]
	return value, known
}

// found are the metrics of that name that the adapter knows.
func (a *asked) found(name string) (list []*measured) {
	for _, m := range a.apis.names[kinds.Key(a.namespace, name)] {
		if m.known {
			list = append(list, m)
		}
	}
	return list
}

// notFound is the adapter's answer about a metric that it does not know
// (custom-metrics-apiserver, pkg/provider/errors.go).
func notFound(api, name, of string) error {
	const text = "unable to fetch metrics from %s metrics API: the server could not find the metric %s for %s"
	return fmt.Errorf(text, api, name, of)
}

// Pods implements hpa.Metrics; a value that was set is that of every pod.
func (a *asked) Pods(name string, _ labels.Selector) (podmetrics.PodMetricsInfo, time.Time, error) {
	a.varies = true
	info := podmetrics.PodMetricsInfo{}
	show := func(of func(p *apiserver.Pod) (int64, bool)) {
		for _, p := range a.pods {
			if value, known := of(p); known {
				info[p.Name()] = podmetrics.PodMetric{Timestamp: a.wall(), Value: value}
			}
		}
	}
	if value, known := a.set(name); known {
		show(func(p *apiserver.Pod) (int64, bool) { return value, a.apis.Machines.Taken(p) })
		return info, a.wall(), nil
	}
	list := a.found(name)
	if len(list) == 0 {
		return nil, time.Time{}, notFound("custom", name, "pods")
	}
	for _, m := range list {
		show(func(p *apiserver.Pod) (int64, bool) { return m.ofPod(a.now, p) })
	}
	if len(info) == 0 {
		return nil, time.Time{}, errors.New("no metrics returned from custom metrics API")
	}
	return info, a.wall(), nil
}

// Object implements hpa.Metrics.
func (a *asked) Object(
	name string, object *autoscalingv2.CrossVersionObjectReference, _ labels.Selector,
) (int64, time.Time, error) {
	a.varies = true
	if value, known := a.set(name); known {
		return value, a.wall(), nil
	}
	for _, m := range a.found(name) {
		if of := m.spec.Object; of.Kind != "" && (of.Kind != object.Kind || of.Name != object.Name) {
			continue
		}
		if value, known := m.total(a.now); known {
			return value, a.wall(), nil
		}
	}
	return 0, time.Time{}, notFound("custom", name, object.Kind+" "+object.Name)
}

// External implements hpa.Metrics: every series of the metric whose labels the
// selector matches.
func (a *asked) External(name string, selector labels.Selector) ([]int64, time.Time, error) {
	a.varies = true
	if value, known := a.set(name); known {
		return []int64{value}, a.wall(), nil
	}
	for _, answer := range a.apis.external {
		value, answered, err := answer(a.now, a.namespace, name, selector)
		switch {
		case !answered:
		case err != nil:
			return nil, time.Time{}, fmt.Errorf("unable to fetch metrics from external metrics API: %w", err)
		default:
			return []int64{value}, a.wall(), nil
		}
	}
	var values []int64
	declared := a.apis.names[kinds.Key(a.namespace, name)]
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
	return values, a.wall(), nil
}
