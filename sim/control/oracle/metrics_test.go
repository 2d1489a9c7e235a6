package oracle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apps "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/util/flowcontrol"
	upstream "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// metrics are the custom and external metrics that the timeline sets, and those
// with values over time. Nobody scrapes the pods of this cluster: resource
// metrics there are none.
type metrics struct {
	mu     sync.Mutex
	values map[string]int64 // that were set, by namespace and name, in thousandths
	given  []cluster.Metric
	start  time.Time // time 0 of the scenario
	// pods are those of a selection that their kubelets have taken up.
	pods func(selection) []*v1.Pod
	// custom and external are the limits of the autoscaler's clients.
	custom, external flowcontrol.RateLimiter
}

// answerTime is what a sync of an autoscaler takes.
var answerTime = cluster.DefaultLatencies().Autoscaler

func (m *metrics) set(namespace, name string, value int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key(namespace, name)] = value
}

// get is the value of a metric now; known is false in a gap.
func (m *metrics) get(namespace, name string) (value int64, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, known := m.values[key(namespace, name)]; known {
		return v, true
	}
	for _, g := range m.given {
		if g.Namespace == namespace && g.Name == name {
			v, known := g.Source.(cluster.Given).Values.At(sim.Time(time.Since(m.start)))
			return int64(v * 1000), known
		}
	}
	return 0, false
}

// GetResourceMetric implements MetricsClient.
func (m *metrics) GetResourceMetric(context.Context, v1.ResourceName, string, labels.Selector,
	string) (upstream.PodMetricsInfo, time.Time, error) {
	return nil, time.Time{}, errors.New("no metrics returned from resource metrics API")
}

// GetRawMetric implements MetricsClient: every pod that runs shows the value.
func (m *metrics) GetRawMetric(name, namespace string, selector, _ labels.Selector) (upstream.PodMetricsInfo, time.Time,
	error) {
	m.custom.Accept()
	value, known := m.get(namespace, name)
	if !known {
		return nil, time.Time{},
			fmt.Errorf("unable to fetch metrics from custom metrics API: the server could not find the metric %s for pods", name)
	}
	info := upstream.PodMetricsInfo{}
	for _, p := range m.pods(selection{namespace: namespace, labels: selector}) {
		info[p.Name] = upstream.PodMetric{Timestamp: time.Now(), Value: value}
	}
	if len(info) == 0 {
		return nil, time.Time{}, errors.New("no metrics returned from custom metrics API")
	}
	return info, time.Now(), nil
}

// GetObjectMetric implements MetricsClient.
func (m *metrics) GetObjectMetric(name, namespace string, o *autoscalingv2.CrossVersionObjectReference,
	_ labels.Selector) (int64, time.Time, error) {
	m.custom.Accept()
	value, known := m.get(namespace, name)
	if !known {
		return 0, time.Time{},
			fmt.Errorf("unable to fetch metrics from custom metrics API: the server could not find the metric %s for %s %s",
				name, o.Kind, o.Name)
	}
	return value, time.Now(), nil
}

// GetExternalMetric implements MetricsClient.
func (m *metrics) GetExternalMetric(name, namespace string, _ labels.Selector) ([]int64, time.Time, error) {
	m.external.Accept()
	value, known := m.get(namespace, name)
	if !known {
		return nil, time.Time{}, errors.New("no metrics returned from external metrics API")
	}
	return []int64{value}, time.Now(), nil
}

// scales is the scale subresource of workloads, with what its requests take and
// the limit of its client.
type scales struct {
	server      *server
	read, write time.Duration
	limiter     flowcontrol.RateLimiter
}

// Scales implements scale.ScalesGetter.
func (s scales) Scales(namespace string) scale.ScaleInterface { return scaling{s, namespace} }

type scaling struct {
	scales
	namespace string
}

// sizes are the fields of an object that its scale is made of.
func sizes(o runtime.Object) (spec *int32, status int32, selector *metav1.LabelSelector) {
	switch o := o.(type) {
	case *apps.Deployment:
		return o.Spec.Replicas, o.Status.Replicas, o.Spec.Selector
	case *apps.ReplicaSet:
		return o.Spec.Replicas, o.Status.Replicas, o.Spec.Selector
	case *apps.StatefulSet:
		return o.Spec.Replicas, o.Status.Replicas, o.Spec.Selector
	}
	return nil, 0, nil
}

// Get implements scale.ScaleInterface.
func (s scaling) Get(_ context.Context, resource schema.GroupResource, name string, _ metav1.GetOptions) (
	*autoscalingv1.Scale, error) {
	s.limiter.Accept()
	time.Sleep(s.read)
	c, err := s.server.of(resource.Group, "v1", resource.Resource)
	if err != nil {
		return nil, err
	}
	o, err := s.server.get(c, s.namespace, name)
	if err != nil {
		return nil, err
	}
	m := accessor(o)
	spec, status, selector := sizes(o)
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, err
	}
	return &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace, UID: m.GetUID(),
			ResourceVersion: m.GetResourceVersion()},
		Spec:   autoscalingv1.ScaleSpec{Replicas: *spec},
		Status: autoscalingv1.ScaleStatus{Replicas: status, Selector: parsed.String()},
	}, nil
}

// Update implements scale.ScaleInterface.
func (s scaling) Update(_ context.Context, resource schema.GroupResource, next *autoscalingv1.Scale,
	_ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	s.limiter.Accept()
	time.Sleep(s.write)
	defer time.Sleep(callTime - s.write)
	c, err := s.server.of(resource.Group, "v1", resource.Resource)
	if err != nil {
		return nil, err
	}
	o, err := s.server.get(c, s.namespace, next.Name)
	if err != nil {
		return nil, err
	}
	o = o.DeepCopyObject()
	spec, _, _ := sizes(o)
	*spec = next.Spec.Replicas
	accessor(o).SetResourceVersion(next.ResourceVersion)
	_, err = s.server.update(c, "", o)
	return next, err
}

// Patch implements scale.ScaleInterface.
func (scaling) Patch(context.Context, schema.GroupVersionResource, string, types.PatchType, []byte,
	metav1.PatchOptions) (*autoscalingv1.Scale, error) {
	return nil, errors.New("nobody patches a scale")
}
