package manifest

import (
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
)

// scaledObject is a ScaledObject as it is written, with what is left aside:
// status, and what is refused.
type scaledObject struct {
	keda.ScaledObject `json:",inline"`
	Spec              scaledObjectSpec   `json:"spec"`
	Status            stdjson.RawMessage `json:"status"`
}

type scaledObjectSpec struct {
	keda.Spec `json:",inline"`
	Advanced  *advancedConfig `json:"advanced"`
}

type advancedConfig struct {
	keda.Advanced    `json:",inline"`
	ScalingModifiers map[string]string `json:"scalingModifiers"`
}

// scaledObject reads a ScaledObject of KEDA, whose types are not Kubernetes' own.
func (r *reader) scaledObject(source Source, gvk schema.GroupVersionKind, data []byte) {
	fault := func(field, format string, arguments ...any) {
		r.faults = append(r.faults, Error{File: source.File, Line: source.Lines.Of(field), Field: field,
			Message: fmt.Sprintf(format, arguments...)})
	}
	if gvk.Version != keda.GroupVersionKind.Version {
		fault("apiVersion", "no matches for kind %q in version %q, use %s", gvk.Kind, gvk.GroupVersion(),
			keda.GroupVersionKind.GroupVersion())
		return
	}
	before := len(r.faults)
	data, changes := r.change(source, gvk, data)
	defer func() { blame(r.faults[before:], changes) }()
	var read scaledObject
	unknown, err := kjson.UnmarshalStrict(data, &read)
	if err != nil {
		field := source.Lines.locate(err.Error())
		fault(field, "%s", err)
	}
	for _, u := range unknown {
		field := ""
		if m := strictField.FindStringSubmatch(u.Error()); m != nil {
			field = m[1]
		}
		fault(field, "strict decoding error: %s", u)
	}
	if len(r.faults) > before {
		return
	}
	o := read.ScaledObject
	o.Spec = read.Spec.Spec
	if a := read.Spec.Advanced; a != nil {
		o.Spec.Advanced = &a.Advanced
		if len(a.ScalingModifiers) > 0 {
			fault("spec.advanced.scalingModifiers", "must be left out: formulas over triggers are not simulated")
		}
	}
	clean(&o)
	o.SetGroupVersionKind(keda.GroupVersionKind)
	if o.Namespace == "" {
		o.Namespace = v1.NamespaceDefault
		if r.options.Namespace != "" {
			o.Namespace = r.options.Namespace
		}
	}
	if o.Name == "" {
		fault("metadata.name", "must be given")
	}
	for i, t := range o.Spec.Triggers {
		for _, name := range slices.Sorted(maps.Keys(t.Metadata)) {
			if err := nodes.CheckQuantity(t.Metadata[name]); err != nil && mayBeLarge([]byte(t.Metadata[name])) {
				fault(fmt.Sprintf("spec.triggers[%d].metadata.%s", i, name), "%s", err)
			}
		}
	}
	if len(r.faults) > before {
		return
	}
	for _, f := range o.Validate() {
		fault(f.Field, "%s", f.Message)
	}
	if len(r.faults) > before {
		return
	}
	// The API server validates the autoscaler that KEDA makes of it.
	if text := r.options.Validate(keda.Autoscaler(&o)); text != "" {
		fault("spec", "its HorizontalPodAutoscaler is refused: %s", text)
		return
	}
	r.add(Object{Object: &o, Source: source}, gvk)
}
