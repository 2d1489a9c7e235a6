package custom

import (
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	conversion "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// latency is from a change to the first write of an operator that answers it, a plain
// value: nobody knows the operator.
const latency = 20 * time.Millisecond

// Extension adds kinds to a cluster.
func Extension(definitions []Definition) manager.Extension {
	e := manager.Extension{New: func(p *manager.Parts) (manager.Component, error) {
		c := &operator{
			Parts: p, Controller: p.Server.NewController(manager.Options{Workers: 1, Latency: latency}),
			together: map[string]bool{}, states: map[types.UID]*state{},
		}
		for _, d := range definitions {
			c.together[d.Kind] = d.RestartsTogether
		}
		return c, nil
	}}
	for _, d := range definitions {
		e.Kinds = append(e.Kinds, d.row())
	}
	return e
}

// row is that of the table of kinds.
func (d Definition) row() kinds.Kind {
	return kinds.Kind{
		GroupVersionKind: d.GroupVersionKind,
		Resource:         schema.GroupResource{Group: d.Group, Resource: strings.ToLower(d.Kind) + "s"},
		Zero:             &Object{TypeMeta: metav1.TypeMeta{Kind: d.Kind}}, Read: d.read, Recorded: true,
		Makes:    []string{kinds.Pod},
		Template: func(o kinds.Object) *v1.PodTemplateSpec { return &o.(*Object).Spec.Template },
		Selector: func(o kinds.Object) *metav1.LabelSelector {
			return &metav1.LabelSelector{MatchLabels: o.(*Object).Spec.Template.Labels}
		},
		Scale: &kinds.Scale{
			Replicas: func(o kinds.Object) **int32 { return &o.(*Object).Spec.Replicas },
			Current:  func(o kinds.Object) int32 { return o.(*Object).Status.Replicas },
		},
		Verbs: kinds.Verbs{Scale: true, SetTemplate: true}, Validate: validate,
	}
}

// mostReplicas is the most pods of an object; upstream's own kinds take more, which
// no scenario needs of a kind that nobody knows.
const mostReplicas = 100_000

// validate is what upstream has against a template of pods, and what is against the
// number.
func validate(of kinds.Object) (faults field.ErrorList) {
	o, spec := of.(*Object), field.NewPath("spec")
	if n := o.Spec.Replicas; n != nil && (*n < 0 || *n > mostReplicas) {
		faults = append(faults, field.Invalid(spec.Child("replicas"), *n, "must be from 0 to 100000"))
	}
	var template core.PodTemplateSpec
	if err := conversion.Convert_v1_PodTemplateSpec_To_core_PodTemplateSpec(o.Spec.Template.DeepCopy(), &template,
		nil); err != nil {
		return append(faults, field.InternalError(spec.Child("template"), err))
	}
	return append(faults, corevalidation.ValidatePodTemplateSpec(&template, spec.Child("template"),
		podutil.GetValidationOptionsFromPodTemplate(&template, nil))...)
}
