package custom

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Definition says what a scenario knows of a kind. Paths are members, and indices in
// brackets: .spec.groups[0].template.
type Definition struct {
	schema.GroupVersionKind
	// Template is the path of a template of pods, or of what has the fields of a spec of
	// pods.
	Template string
	// Replicas is the path of the number of pods; "" for one pod an object.
	Replicas string
	// RestartsTogether says that all pods of an object are made anew when one of them
	// restarts, fails or goes.
	RestartsTogether bool
}

// read turns an object as people write it into that of an Object.
func (d *Definition) read(data []byte) (zero []byte, written func(string) string, err error) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, nil, err
	}
	template, err := d.at(data, d.Template)
	if err != nil {
		return nil, nil, err
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(template, &fields) != nil || fields == nil {
		return nil, nil, fmt.Errorf("%s: must be a template of pods, as customKinds says of %s", d.Template, d.Kind)
	}
	root, spec := strings.TrimPrefix(d.Template, "."), "spec.template"
	if _, direct := fields["containers"]; direct {
		known := map[string]json.RawMessage{}
		for name := range podFields() {
			if v, is := fields[name]; is {
				known[name] = v
			}
		}
		spec = "spec.template.spec"
		template = object(map[string]any{"spec": known})
	}
	if template, err = labelled(template, d.Kind, o["metadata"]); err != nil {
		return nil, nil, err
	}
	made := map[string]any{"template": template}
	if d.Replicas != "" {
		if n, err := d.at(data, d.Replicas); err == nil {
			made["replicas"] = json.RawMessage(n)
		}
	}
	zero = object(map[string]any{
		"apiVersion": o["apiVersion"], "kind": o["kind"], "metadata": o["metadata"], "spec": made,
	})
	return zero, func(field string) string {
		switch rest, inside := strings.CutPrefix(field, spec); {
		case inside && (rest == "" || rest[0] == '.' || rest[0] == '['):
			return root + rest
		case field == "spec.replicas" && d.Replicas != "":
			return strings.TrimPrefix(d.Replicas, ".")
		}
		return field
	}, nil
}

// ownLabel is on pods whose template has no labels, so that something can select them:
// operators set labels of their own.
const ownLabel = "rehearse.dev/of"

// labelled is a template that has labels.
func labelled(template json.RawMessage, kind string, metadata []byte) (json.RawMessage, error) {
	var fields map[string]any
	if err := json.Unmarshal(template, &fields); err != nil {
		return nil, err
	}
	var of struct{ Name string }
	_ = json.Unmarshal(metadata, &of) // which decoding says
	m, is := fields["metadata"].(map[string]any)
	if labels, _ := m["labels"].(map[string]any); len(labels) > 0 || fields["metadata"] != nil && !is {
		return template, nil
	}
	if m == nil {
		m = map[string]any{}
	}
	m["labels"] = map[string]any{ownLabel: strings.ToLower(kind) + "-" + of.Name}
	fields["metadata"] = m
	return object(fields), nil
}

// object is JSON of members; those that are nil are left out.
func object(members map[string]any) []byte {
	for name, v := range members {
		if raw, is := v.(json.RawMessage); is && raw == nil {
			delete(members, name)
		}
	}
	data, err := json.Marshal(members)
	if err != nil {
		panic(err) // it was JSON before
	}
	return data
}

// at is the JSON at a path.
func (d *Definition) at(data []byte, path string) (json.RawMessage, error) {
	missing := fmt.Errorf("%s: must be there, as customKinds says of %s", path, d.Kind)
	for _, step := range steps(path) {
		if i, err := strconv.Atoi(step); err == nil {
			var list []json.RawMessage
			if json.Unmarshal(data, &list) != nil || i < 0 || i >= len(list) {
				return nil, missing
			}
			data = list[i]
			continue
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(data, &fields) != nil || fields[step] == nil {
			return nil, missing
		}
		data = fields[step]
	}
	return data, nil
}

// steps are the members and indices of a path.
func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// podFields are the JSON names of a spec of pods.
var podFields = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	of := reflect.TypeFor[v1.PodSpec]()
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	return names
})
