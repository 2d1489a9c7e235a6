package manifest

import (
	"reflect"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// extension is the row of a kind that an extension brings, nil for others.
func (o Options) extension(of schema.GroupKind) *kinds.Kind {
	for i := range o.Kinds {
		if o.Kinds[i].GroupKind() == of {
			return &o.Kinds[i]
		}
	}
	return nil
}

// goType is the Go type of objects of a version, nil when there is none.
func (k kind) goType(gvk schema.GroupVersionKind) reflect.Type {
	if o, err := scheme.New(gvk); err == nil {
		return reflect.TypeOf(o)
	}
	if k.row != nil {
		return reflect.TypeOf(k.row.Zero)
	}
	return nil
}

// asWritten names the fields of faults as people write them.
func asWritten(source Source, faults Errors) {
	for i, f := range faults {
		if f.File == source.File {
			faults[i].Field = source.Lines.Written(f.Field)
			faults[i].Message = strings.ReplaceAll(f.Message, strconv.Quote(f.Field), strconv.Quote(faults[i].Field))
		}
	}
}

// decodeForeign reads an object strictly whose type Kubernetes does not know, by
// the Go type of its kind.
func decodeForeign(source Source, row *kinds.Kind, data []byte) (runtime.Object, Errors) {
	o := reflect.New(reflect.TypeOf(row.Zero).Elem()).Interface().(kinds.Object)
	unknown, err := kjson.UnmarshalStrict(data, o)
	if err != nil {
		return nil, decodingFaults(source, []error{err})
	}
	if len(unknown) > 0 {
		return nil, decodingFaults(source, unknown)
	}
	return o, nil
}

// admitForeign validates an object of an extension's kind in the version that the
// extension takes.
func (k kind) admitForeign(source Source, o runtime.Object) (runtime.Object, Errors) {
	if reflect.TypeOf(o) != reflect.TypeOf(k.row.Zero) { // another version of a kind that Kubernetes' scheme has
		versioned, err := scheme.ConvertToVersion(o, k.version)
		if err != nil {
			return nil, Errors{{File: source.File, Line: source.Lines.Of(""), Message: err.Error()}}
		}
		scheme.Default(versioned)
		o = versioned
	}
	if !scheme.Recognizes(k.version.WithKind(k.row.Kind)) && k.row.Template != nil {
		template := v1.PodTemplate{Template: *k.row.Template(o.(kinds.Object))}
		scheme.Default(&template)
		*k.row.Template(o.(kinds.Object)) = template.Template
	}
	if faults := validationFaults(source, k.row.Faults(o.(kinds.Object))); len(faults) > 0 {
		return nil, faults
	}
	shorten(o)
	return o, nil
}
