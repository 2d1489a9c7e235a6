package nodes

import (
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Fault says what is wrong with a field: "must …, got …".
func Fault(f *field.Error) string {
	got := fmt.Sprintf("%v", f.BadValue)
	if reflect.ValueOf(f.BadValue).Kind() == reflect.String {
		got = fmt.Sprintf("%.60q", f.BadValue)
	}
	switch {
	case f.Type == field.ErrorTypeNotSupported:
		return fmt.Sprintf("must be one of %s, got %s", strings.TrimPrefix(f.Detail, "supported values: "), got)
	case f.Type != field.ErrorTypeInvalid || strings.Contains(f.Detail, ", got "):
		return f.Detail
	case strings.HasPrefix(f.Detail, "must "):
		return f.Detail + ", got " + got
	}
	// apimachinery's words: "a lowercase RFC 1123 label must consist of …"
	what, rule, found := strings.Cut(f.Detail, " must ")
	if !found {
		return fmt.Sprintf("must be valid: %s, got %s", f.Detail, got)
	}
	return fmt.Sprintf("must be %s, which must %s, got %s", what, rule, got)
}

// allFaults are those of a pool in one line.
func allFaults(faults field.ErrorList) string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Field+": "+Fault(f))
	}
	return strings.Join(list, "; ")
}
