package manifest

import (
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
func decode(source Source, data []byte) (runtime.Object, Errors) {
	o, _, err := strict.Decode(data, nil, nil)
	if err == nil {
		return o, nil
	}
	var faults Errors
	list := []error{err}
	if strictErr, is := runtime.AsStrictDecodingError(err); is {
		list = strictErr.Errors()
	}
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
	return nil, faults
}

// admit applies defaults and the API server's validation, and returns the
// object in the version that the engine takes.
func admit(source Source, o runtime.Object, k kind) (runtime.Object, Errors) {
	scheme.Default(o)
	internal, err := k.internal(o)
	if err != nil {
		return nil, Errors{{File: source.File, Line: source.Lines.Of(""), Message: err.Error()}}
	}
	if k.validate != nil {
		var faults Errors
		for _, f := range k.validate(internal) {
			faults = append(faults, Error{File: source.File, Line: source.Lines.Of(f.Field), Field: f.Field, Message: f.ErrorBody()})
		}
		if len(faults) > 0 {
			return nil, faults
		}
	}
	versioned, err := scheme.ConvertToVersion(internal, k.version)
	if err != nil {
		return nil, Errors{{File: source.File, Line: source.Lines.Of(""), Message: err.Error()}}
	}
	scheme.Default(versioned)
	if field, message := tooMany(versioned); message != "" {
		return nil, Errors{{File: source.File, Line: source.Lines.Of(field), Field: field, Message: message}}
	}
	shorten(versioned)
	eachPodSpec(versioned, showControls)
	return versioned, nil
}

// internal is the form of an object that the API server validates.
func (k kind) internal(o runtime.Object) (runtime.Object, error) {
	return scheme.ConvertToVersion(o, schema.GroupVersion{Group: k.version.Group, Version: runtime.APIVersionInternal})
}

// Validate is what the API server has to say against an object of a manifest
// after somebody changed it, in kubectl's words, "" when it takes it.
func Validate(o runtime.Object) string {
	k := simulated[o.GetObjectKind().GroupVersionKind().GroupKind()]
	if k.validate == nil {
		return ""
	}
	internal, err := k.internal(o)
	if err != nil {
		return err.Error()
	}
	if err := k.validate(internal).ToAggregate(); err != nil {
		return err.Error()
	}
	return ""
}
