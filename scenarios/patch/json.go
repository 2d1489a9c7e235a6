package patch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

// Object is an object as the API server has it, with its defaults.
type Object struct {
	Kind, Namespace, Name string
	// Resource is what kubectl calls its kind: deployments.apps.
	Resource string
	Fields   map[string]any
}

// operation is one of a JSON patch.
type operation struct {
	Op    string `json:"op" yaml:"op"`
	Path  string `json:"path" yaml:"path"`
	Value any    `json:"value" yaml:"value"`
}

// objectPatch are the operations on one object, in their order.
type objectPatch struct {
	object     Object
	operations []operation
}

// patches are those of changes of objects, and the changes that are of no object.
func patches(sets []string, objects []Object) (list []*objectPatch, others []string, err error) {
	for _, text := range sets {
		c, is, err := manifest.ParseChange(text)
		if err != nil || !is {
			others = append(others, text)
			continue
		}
		for _, o := range objects {
			if !names(c, o.Kind, o.Namespace, o.Name) {
				continue
			}
			op, err := change(o.Fields, manifest.Steps(c.Path), c.Value)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", text, err)
			}
			if n := len(list); n == 0 || list[n-1].object.Name != o.Name || list[n-1].object.Kind != o.Kind ||
				list[n-1].object.Namespace != o.Namespace {
				list = append(list, &objectPatch{object: o})
			}
			last := list[len(list)-1]
			last.operations = append(last.operations, op)
			if _, err := manifest.Assign(o.Fields, c.Path, c.Value); err != nil { // for those that follow
				return nil, nil, err
			}
		}
	}
	return list, others, nil
}

// names reports whether a change is of an object.
func names(c *manifest.Change, kind, namespace, name string) bool {
	return manifest.Canonical(c.Kind) == kind && c.Name == name &&
		(c.Namespace == "" || c.Namespace == namespace)
}

// change is the operation that sets a value: where the path leaves what is there, the rest
// of it is added at once.
func change(at any, steps []string, value any) (operation, error) {
	path := ""
	for i, step := range steps {
		switch v := at.(type) {
		case map[string]any:
			path += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
			inner, has := v[step]
			if !has || inner == nil {
				rest, err := nested(steps[i+1:], value)
				return operation{"add", path, rest}, err
			}
			at = inner
		case []any:
			n, err := index(v, step)
			if err != nil {
				return operation{}, err
			}
			path += "/" + strconv.Itoa(n)
			at = v[n]
		default:
			return operation{}, fmt.Errorf("must lead through objects and lists, but there is a plain value before %q", step)
		}
	}
	return operation{"replace", path, value}, nil
}

// nested is a value below keys that are not there yet.
func nested(steps []string, value any) (any, error) {
	for i := len(steps) - 1; i >= 0; i-- {
		if _, err := strconv.Atoi(steps[i]); err == nil {
			return nil, fmt.Errorf("must name an element of a list that is there, got [%s]", steps[i])
		}
		value = map[string]any{steps[i]: value}
	}
	return value, nil
}

func index(list []any, step string) (int, error) {
	if i, err := strconv.Atoi(step); err == nil {
		if i < 0 || i >= len(list) {
			return 0, fmt.Errorf("must be below %d, got [%d]", len(list), i)
		}
		return i, nil
	}
	for i, element := range list {
		if m, is := element.(map[string]any); is && m["name"] == strings.TrimPrefix(step, "name=") {
			return i, nil
		}
	}
	return 0, fmt.Errorf("must name an element of the list, got [%s]", step)
}

// Kubectl are the commands that make the changes in a cluster. What is of no object is
// told as a comment.
func Kubectl(sets []string, objects []Object) (string, error) {
	list, others, err := patches(sets, objects)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range list {
		data, err := plainJSON(p.operations)
		if err != nil {
			return "", err
		}
		namespace := ""
		if p.object.Namespace != "" {
			namespace = " -n " + p.object.Namespace
		}
		fmt.Fprintf(&b, "kubectl patch %s/%s%s --type json -p '%s'\n", p.object.Resource, p.object.Name, namespace,
			strings.ReplaceAll(data, "'", `'\''`))
	}
	for _, text := range others {
		fmt.Fprintf(&b, "# not of an object: %s\n", text)
	}
	return b.String(), nil
}

func plainJSON(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// Kustomize are the patches of a kustomization that make the changes.
func Kustomize(sets []string, objects []Object) (string, error) {
	list, others, err := patches(sets, objects)
	if err != nil {
		return "", err
	}
	type target struct {
		Kind      string `yaml:"kind"`
		Namespace string `yaml:"namespace,omitempty"`
		Name      string `yaml:"name"`
	}
	type entry struct {
		Target target `yaml:"target"`
		Patch  string `yaml:"patch"`
	}
	var entries []entry
	for _, p := range list {
		text, err := block(p.operations)
		if err != nil {
			return "", err
		}
		entries = append(entries, entry{target{p.object.Kind, p.object.Namespace, p.object.Name}, text})
	}
	out := ""
	if len(entries) > 0 {
		if out, err = block(map[string]any{"patches": entries}); err != nil {
			return "", err
		}
	}
	for _, text := range others {
		out += fmt.Sprintf("# not of an object: %s\n", text)
	}
	return out, nil
}

// block is a value as YAML, in steps of two columns.
func block(v any) (string, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(v)
	return b.String(), err
}
