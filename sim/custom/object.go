package custom

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Object is what is known of an object: how many pods, and what they are like.
type Object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec   `json:"spec"`
	Status            Status `json:"status"`
}

// Spec is what people write.
type Spec struct {
	Replicas *int32             `json:"replicas"` // 1 when left out
	Template v1.PodTemplateSpec `json:"template"`
}

// Status is what its controller writes.
type Status struct {
	Replicas int32 `json:"replicas"`
}

var _ kinds.Several = (*Object)(nil)

// KindName implements kinds.Several.
func (o *Object) KindName() string { return o.Kind }

// DeepCopyObject implements runtime.Object.
func (o *Object) DeepCopyObject() runtime.Object { return o.deepCopy() }

func (o *Object) deepCopy() *Object {
	c := *o
	o.ObjectMeta.DeepCopyInto(&c.ObjectMeta)
	o.Spec.Template.DeepCopyInto(&c.Spec.Template)
	if o.Spec.Replicas != nil {
		n := *o.Spec.Replicas
		c.Spec.Replicas = &n
	}
	return &c
}
