package stat

import (
	"encoding/json"
	"fmt"
	"math"
)

// Value is a number that may be missing (NaN; null in JSON) or infinite
// ("Infinity" or "-Infinity" in JSON).
type Value float64

// Missing is the value of what was not observed.
var Missing = Value(math.NaN())

// Known reports whether there is a value.
func (v Value) Known() bool { return !math.IsNaN(float64(v)) }

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) {
	switch f := float64(v); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(f)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null":
		*v = Missing
	case `"Infinity"`:
		*v = Value(math.Inf(1))
	case `"-Infinity"`:
		*v = Value(math.Inf(-1))
	default:
		var f float64
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf(`value: must be a number, null, "Infinity" or "-Infinity", got %.40s`, data)
		}
		*v = Value(f)
	}
	return nil
}

// Known returns the values that are there, in order.
func Known(values []Value) []float64 {
	var xs []float64
	for _, v := range values {
		if v.Known() {
			xs = append(xs, float64(v))
		}
	}
	return xs
}
