package manifest

import (
	stdjson "encoding/json"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Change sets one field of one object: Kind/[namespace/]name:path=value.
type Change struct {
	Text                  string // as it was given, for messages
	Kind, Namespace, Name string
	Path                  string
	Value                 any
	Used                  bool // an object was found
}

// ParseChange reads "Deployment/web:spec.replicas=5". is is false when the
// text has not that form.
func ParseChange(text string) (c *Change, is bool, err error) {
	target, assignment, found := strings.Cut(text, ":")
	path, value, hasValue := strings.Cut(assignment, "=")
	parts := strings.Split(target, "/")
	if !found || !hasValue || len(parts) < 2 || len(parts) > 3 || strings.Contains(target, "=") {
		return nil, false, nil
	}
	c = &Change{Text: text, Kind: parts[0], Name: parts[len(parts)-1], Path: path}
	if len(parts) == 3 {
		c.Namespace = parts[1]
	}
	if path == "" {
		return nil, true, fmt.Errorf("must name a field after the colon, got %.80q", text)
	}
	if err := CheckYAML("", []byte(value)); err != nil {
		return nil, true, fmt.Errorf("%s, got %.80q", err.(Error).Message, text)
	}
	if err := yaml.Unmarshal([]byte(value), &c.Value); err != nil {
		return nil, true, fmt.Errorf("must have a YAML value after the \"=\", got %.80q", text)
	}
	return c, true, nil
}

// Canonical is the name of an object of Kubernetes with that of its kind.
func Canonical(object string) string { return kinds.Builtin().Canonical(object) }

// change applies the changes that are meant for an object, and returns them.
func (r *reader) change(source Source, gvk schema.GroupVersionKind, data []byte) (changed []byte, by []*Change) {
	var fields map[string]any
	for _, c := range r.options.Changes {
		if r.kinds.Canonical(c.Kind) != gvk.Kind {
			continue
		}
		if fields == nil && stdjson.Unmarshal(data, &fields) != nil {
			return data, nil
		}
		metadata, _ := fields["metadata"].(map[string]any)
		namespace, _ := metadata["namespace"].(string)
		if metadata["name"] != c.Name || (c.Namespace != "" && c.Namespace != namespace) {
			continue
		}
		c.Used = true
		by = append(by, c)
		if _, err := Assign(fields, c.Path, c.Value); err != nil {
			r.faults = append(r.faults, Error{File: "--set " + c.Text, Message: err.Error()})
		}
	}
	if fields == nil {
		return data, nil
	}
	changed, err := stdjson.Marshal(fields)
	if err != nil {
		r.faults = append(r.faults, Error{File: source.File, Message: err.Error()})
		return data, nil
	}
	return changed, by
}

// Assign sets the field at a path of a decoded YAML value and returns the
// value, which is a new one when it was nil. Elements of lists are named by
// index, [0], or by their name, [agent] or [name=agent]; maps on the way are
// made.
func Assign(value any, path string, to any) (any, error) { return assign(value, Steps(path), path, to) }

func assign(value any, rest []string, path string, to any) (any, error) {
	if len(rest) == 0 {
		return to, nil
	}
	step := rest[0]
	switch v := value.(type) {
	case nil:
		return assign(map[string]any{}, rest, path, to)
	case map[string]any:
		inner, err := assign(v[step], rest[1:], path, to)
		if err != nil {
			return nil, err
		}
		v[step] = inner
		return v, nil
	case []any:
		i, err := index(v, step)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		v[i], err = assign(v[i], rest[1:], path, to)
		return v, err
	}
	return nil, fmt.Errorf("%s: must lead through objects and lists, but there is a plain value before %q", path, step)
}

func index(list []any, step string) (int, error) {
	if i, err := strconv.Atoi(step); err == nil {
		if i < 0 || i >= len(list) {
			return 0, fmt.Errorf("must be below %d, got [%d]", len(list), i)
		}
		return i, nil
	}
	name := strings.TrimPrefix(step, "name=")
	for i, element := range list {
		if m, is := element.(map[string]any); is && m["name"] == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("must name an element of the list, got [%s]", step)
}

// Concerns reports whether a fault at a field can come of a value that was set at a
// path: one leads to the other. An element that the path names, [agent], may be any
// that the fault counts, [0].
func Concerns(path, field string) bool {
	set, at := Steps(path), Steps(field)
	for i := range min(len(set), len(at)) {
		if set[i] == at[i] {
			continue
		}
		_, named := strconv.Atoi(set[i])
		if _, counted := strconv.Atoi(at[i]); counted != nil || named == nil {
			return false
		}
	}
	return len(at) >= len(set)
}

// SetBy says of a fault which flag the value at its field came from, text and not
// the line of what it took the place of.
func (e Error) SetBy(text string) Error {
	e.File, e.Line = "--set "+text, 0
	return e
}

// blame tells faults of one object by the change that they come from.
func blame(faults Errors, changes []*Change) {
	for i, f := range faults {
		for _, c := range changes {
			if f.Line > 0 && f.Field != "" && Concerns(c.Path, f.Field) {
				faults[i] = f.SetBy(c.Text)
			}
		}
	}
}
