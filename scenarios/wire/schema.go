package wire

import (
	"encoding/json"
	"reflect"
)

// Schema is the JSON Schema (2020-12) of scenario files, made from the Go
// types.
func Schema() []byte {
	s := schemaOf(reflect.TypeFor[Scenario]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "https://rehearse.dev/schema/scenario-v1alpha1.json"
	s["title"] = "rehearse scenario"
	steps := objectSchema(reflect.TypeFor[WorkStep]())
	s["$defs"] = map[string]any{"workStep": steps}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // a schema of maps, lists and text
	}
	return append(data, '\n')
}

func schemaOf(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		return schemaOf(t.Elem())
	}
	if v, is := reflect.New(t).Interface().(scalar); is {
		kind, example := v.form()
		return map[string]any{"type": kind, "examples": []string{example}}
	}
	if t == reflect.TypeFor[Manifest]() {
		return map[string]any{"type": []string{"string", "object"}}
	}
	if t == reflect.TypeFor[WorkStep]() { // it holds others of itself
		return map[string]any{"$ref": "#/$defs/workStep"}
	}
	switch t.Kind() {
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		s := objectSchema(t)
		if _, is := reflect.New(t).Interface().(shortened); is {
			s["type"] = []string{"string", "object"}
		}
		return s
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

func objectSchema(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name := tag.Get("yaml")
		if name == "" {
			continue
		}
		p := schemaOf(t.Field(i).Type)
		if doc := tag.Get("doc"); doc != "" {
			p["description"] = doc
		}
		properties[name] = p
		if tag.Get("required") == "true" {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
