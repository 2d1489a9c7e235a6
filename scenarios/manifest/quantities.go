package manifest

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/nodes"
)

// mayBeLarge reports whether a text has what may be a quantity that can't be counted
// with; most objects have none. It is, in one pass,
//
//	[0-9.][eE][+-]?[0-9]{2,}|[0-9]{16}|[0-9][EP]i?\b
func mayBeLarge(data []byte) bool {
	digits, last := 0, byte(0)
	for i, c := range data {
		if isDigit(c) {
			if digits++; digits == 16 {
				return true
			}
			last = c
			continue
		}
		switch c {
		case 'e', 'E', 'P':
			if (digits > 0 || last == '.') && isLarge(c, data[i+1:], digits > 0) {
				return true
			}
		}
		digits, last = 0, c
	}
	return false
}

// isLarge reports whether what follows a letter e, E or P after a digit or a point makes
// it an exponent of two digits, or the end of a number in exa or peta.
func isLarge(letter byte, after []byte, afterDigit bool) bool {
	at := func(i int) byte {
		if i < len(after) {
			return after[i]
		}
		return 0
	}
	if letter != 'P' {
		sign := 0
		if at(0) == '+' || at(0) == '-' {
			sign = 1
		}
		if isDigit(at(sign)) && isDigit(at(sign+1)) {
			return true
		}
	}
	return letter != 'e' && afterDigit && (!isWord(at(0)) || (at(0) == 'i' && !isWord(at(1))))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isDigit(c) || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

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
