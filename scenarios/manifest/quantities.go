package manifest

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/nodes"
)

// large matches what may be a quantity that can't be counted with; most objects
// have none.
var large = regexp.MustCompile(`[0-9.][eE][+-]?[0-9]{2,}|[0-9]{16}|[0-9][EP]i?\b`)

// mayBeLarge reports whether large matches. It looks at most texts once, without a
// regular expression: each match has a digit or a point before one of e, E and P, or
// 16 digits.
func mayBeLarge(data []byte) bool {
	digits, last := 0, byte(0)
	for _, c := range data {
		switch {
		case c >= '0' && c <= '9':
			if digits++; digits == 16 {
				return large.Match(data)
			}
		case (digits > 0 || last == '.') && (c == 'e' || c == 'E' || c == 'P'):
			return large.Match(data)
		default:
			digits = 0
		}
		last = c
	}
	return false
}

var quantityType = reflect.TypeFor[resource.Quantity]()

// checkQuantities finds the quantities of an object, which its type tells, and
// returns the faults of those that can't be counted with. Upstream's decoder
// would work on such a one without end.
func checkQuantities(source Source, of reflect.Type, data []byte) (faults Errors) {
	if of == nil || !mayBeLarge(data) {
		return nil
	}
	var value any
	decoder := stdjson.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // as they are written: a float64 has no 1e2147483647
	if decoder.Decode(&value) != nil {
		return nil // which decoding says
	}
	eachQuantity(of, value, "", func(path, word string) {
		if err := nodes.CheckQuantity(word); err != nil {
			faults = append(faults, Error{File: source.File, Line: source.Lines.Of(path), Field: path, Message: err.Error()})
		}
	})
	return faults
}

// eachQuantity calls f for every quantity in a decoded JSON value of a Go type,
// in the order of the type's fields and of the names of maps.
func eachQuantity(t reflect.Type, value any, path string, f func(path, word string)) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == quantityType {
		switch word := value.(type) {
		case string:
			f(path, word)
		case stdjson.Number:
			f(path, word.String())
		}
		return
	}
	switch v := value.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for i, element := range v {
				eachQuantity(t.Elem(), element, fmt.Sprintf("%s[%d]", path, i), f)
			}
		}
	case map[string]any:
		switch t.Kind() {
		case reflect.Map:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				eachQuantity(t.Elem(), v[key], fmt.Sprintf("%s[%s]", path, key), f)
			}
		case reflect.Struct:
			quantitiesOfFields(t, v, path, f)
		}
	}
}

func quantitiesOfFields(t reflect.Type, v map[string]any, path string, f func(path, word string)) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" && t.Field(i).Anonymous {
			eachQuantity(t.Field(i).Type, v, path, f)
			continue
		}
		if inner, given := v[name]; given && name != "" && name != "-" {
			eachQuantity(t.Field(i).Type, inner, strings.TrimPrefix(path+"."+name, "."), f)
		}
	}
}
