package manifest

import (
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// clean takes off what the API server writes, as `kubectl get -o yaml` prints.
func clean(m metav1.Object) {
	m.SetUID("")
	m.SetResourceVersion("")
	m.SetGeneration(0)
	m.SetCreationTimestamp(metav1.Time{})
	m.SetManagedFields(nil)
	m.SetSelfLink("")
	m.SetDeletionTimestamp(nil)
	m.SetDeletionGracePeriodSeconds(nil)
}

var strictField = regexp.MustCompile(`(?:unknown|duplicate) field "([^"]*)"`)

// decode reads one object strictly.
func (k kind) decode(source Source, gvk schema.GroupVersionKind, data []byte) (runtime.Object, Errors) {
	if k.row != nil && !scheme.Recognizes(gvk) {
		return decodeForeign(source, k.row, data)
	}
	o, _, err := strict.Decode(data, nil, nil)
	if err == nil {
		return o, nil
	}
	list := []error{err}
	if strictErr, is := runtime.AsStrictDecodingError(err); is {
		list = strictErr.Errors()
	}
	return nil, decodingFaults(source, list)
}

// decodingFaults gives errors of a decoder their places.
func decodingFaults(source Source, list []error) (faults Errors) {
	for _, e := range list {
		f := Error{File: source.File, Message: e.Error()}
		if m := strictField.FindStringSubmatch(e.Error()); m != nil {
			f.Field = m[1]
			f.Message = "strict decoding error: " + e.Error()
		} else {
			f.Field = source.Lines.locate(e.Error())
		}
		f.Line = source.Lines.Of(f.Field)
		faults = append(faults, f)
	}
	return faults
}

// admit applies defaults and the API server's validation, and returns the
// object in the version that the engine takes.
func (k kind) admit(source Source, o runtime.Object) (runtime.Object, Errors) {
	scheme.Default(o)
	if k.row != nil {
		return k.admitForeign(source, o)
	}
	internal, err := scheme.UnsafeConvertToVersion(o, k.internalVersion()) // nothing looks at o's spec any more
	if err != nil {
		return nil, Errors{{File: source.File, Line: source.Lines.Of(""), Message: err.Error()}}
	}
	if k.validate != nil {
		if faults := validationFaults(source, k.validate(internal)); len(faults) > 0 {
			return nil, faults
		}
	}
	versioned, err := scheme.UnsafeConvertToVersion(internal, k.version)
	if err != nil {
		return nil, Errors{{File: source.File, Line: source.Lines.Of(""), Message: err.Error()}}
	}
	scheme.Default(versioned)
	if field, message := tooMany(versioned); message != "" {
		return nil, Errors{{File: source.File, Line: source.Lines.Of(field), Field: field, Message: message}}
	}
	shorten(versioned)
	return versioned, nil
}

// internal is the form of an object that the API server validates.
func (k kind) internal(o runtime.Object) (runtime.Object, error) {
	return scheme.ConvertToVersion(o, k.internalVersion())
}

func (k kind) internalVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: k.version.Group, Version: runtime.APIVersionInternal}
}

// validationFaults gives what validation says its places.
func validationFaults(source Source, list field.ErrorList) (faults Errors) {
	for _, f := range list {
		faults = append(faults, Error{File: source.File, Line: source.Lines.Of(f.Field), Field: f.Field,
			Message: f.ErrorBody()})
	}
	return faults
}

// Validate is what the API server has to say against an object of a manifest
// after somebody changed it, in kubectl's words, "" when it takes it.
func (o Options) Validate(object runtime.Object) string {
	of := object.GetObjectKind().GroupVersionKind().GroupKind()
	if row := o.extension(of); row != nil {
		return text(row.Faults(object.(kinds.Object)))
	}
	return simulated[of].refusal(object)
}

// refusal is what validation says against an object of one of Kubernetes' kinds,
// "" for nothing.
func (k kind) refusal(o runtime.Object) string {
	if k.validate == nil {
		return ""
	}
	internal, err := k.internal(o)
	if err != nil {
		return err.Error()
	}
	return text(k.validate(internal))
}

func text(faults field.ErrorList) string {
	if err := faults.ToAggregate(); err != nil {
		return err.Error()
	}
	return ""
}
