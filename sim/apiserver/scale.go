package apiserver

import (
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Scalable is the scale subresource of an object, as it was read.
type Scalable struct {
	// Scale is nil when there is no such object, or its kind can't be scaled.
	Scale *autoscalingv1.Scale
	// Workload is how records name the workload. That of an object which is not there
	// has its own name.
	Workload string

	store    *Store
	object   kinds.Object
	kind     *kinds.Kind
	selector labels.Selector // parsed
}

// Scale reads the scale subresource of an object.
func (s *Store) Scale(namespace, kind, name string) Scalable {
	o, k := s.Get(kind, namespace, name), s.Kinds.Named(kind)
	if o == nil || k.Scale == nil {
		return Scalable{Workload: kinds.WorkloadKey(namespace, kind, name)}
	}
	last, known := s.scales[o.GetUID()]
	if known && last.object == o {
		return last
	}
	scale := &autoscalingv1.Scale{}
	scale.Spec.Replicas, scale.Status.Replicas = **k.Scale.Replicas(o), k.Scale.Current(o)
	t := Scalable{Scale: scale, Workload: s.WorkloadOf(o), store: s, object: o, kind: k}
	if known && apiequality.Semantic.DeepEqual(k.Selector(last.object), k.Selector(o)) {
		scale.Status.Selector, t.selector = last.Scale.Status.Selector, last.selector
	} else {
		t.readSelector()
	}
	s.scales[o.GetUID()] = t
	return t
}

// readSelector reads the selector of the object, which matches no pods when it can't
// be read.
func (t *Scalable) readSelector() {
	if selector, err := metav1.LabelSelectorAsSelector(t.kind.Selector(t.object)); err == nil {
		t.Scale.Status.Selector = selector.String()
	}
	var err error
	if t.selector, err = labels.Parse(t.Scale.Status.Selector); err != nil {
		t.selector = labels.Nothing()
	}
}

// Selector selects the pods. It matches none when it can't be read.
func (t Scalable) Selector() labels.Selector {
	if t.Scale == nil {
		return labels.Nothing()
	}
	return t.selector
}

// Write sets spec.replicas of the object as it is now. The error is the server's
// answer.
func (t Scalable) Write(replicas int32) error {
	now := t.store.Stored(t.object)
	if now == nil {
		return t.store.Missing(t.kind.Kind, t.object.GetName())
	}
	next := now.DeepCopyObject().(kinds.Object)
	*t.kind.Scale.Replicas(next) = &replicas
	return t.store.Replace(now, next)
}
