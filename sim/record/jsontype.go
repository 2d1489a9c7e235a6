package record

import (
	"encoding/json"
	"reflect"
)

// jsonType names what JSON has for the Go type that did not match.
func jsonType(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind(); {
	case k == reflect.Bool:
		return "true or false"
	case k == reflect.String:
		return "a string"
	case k == reflect.Slice || k == reflect.Array:
		return "a list"
	case k == reflect.Struct || k == reflect.Map:
		return "an object"
	case k >= reflect.Uint && k <= reflect.Uintptr:
		return "a whole number of at least 0"
	case k >= reflect.Int && k <= reflect.Int64:
		return "a whole number"
	default:
		return "a number"
	}
}
