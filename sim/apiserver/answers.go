package apiserver

import (
	"errors"
	"fmt"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Answer is what the API server says, or kubectl, in its own words.
type Answer string

func (a Answer) Error() string { return string(a) }

// Missing is the server's answer about an object that is not there.
func (s *Store) Missing(kind, name string) error {
	resource := kind
	if k := s.Kinds.Named(kind); k != nil {
		resource = k.Resource.String()
	}
	return Answer(fmt.Sprintf("%s %q not found", resource, name))
}

// Invalid is its answer about faults of an object. Of values as long as a whole
// pod template only the field is told.
func Invalid(kind, name string, fault error) error {
	faults := []error{fault}
	var several utilerrors.Aggregate
	if errors.As(fault, &several) {
		faults = several.Errors()
	}
	for i, f := range faults {
		var of *field.Error
		if text := f.Error(); errors.As(f, &of) && len(text) > 500 && of.Type == field.ErrorTypeInvalid {
			faults[i] = Answer(fmt.Sprintf("%s: Invalid value: {…}: %s", of.Field, of.Detail))
		}
	}
	return Answer(fmt.Sprintf("The %s %q is invalid: %s", kind, name, utilerrors.NewAggregate(faults)))
}

// Immutable is its answer to a change of a selector
// (pkg/registry/apps/deployment/strategy.go, ValidateUpdate, and its like).
func Immutable(kind, name string, next, old *metav1.LabelSelector) error {
	return ImmutableField(kind, name, field.NewPath("spec", "selector"), next, old)
}

// ImmutableField is the same for any field.
func ImmutableField(kind, name string, path *field.Path, next, old any) error {
	faults := apivalidation.ValidateImmutableField(next, old, path)
	if len(faults) == 0 {
		return nil
	}
	return Invalid(kind, name, faults.ToAggregate())
}
