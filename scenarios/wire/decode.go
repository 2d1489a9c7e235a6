package wire

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

// Decode reads a YAML node into a Go value: strictly, and past the first
// fault.
func (f *Faults) Decode(n *yaml.Node, into reflect.Value, path string) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if into.Kind() == reflect.Pointer {
		if n.Tag == "!!null" {
			return
		}
		into.Set(reflect.New(into.Type().Elem()))
		f.Decode(n, into.Elem(), path)
		return
	}
	switch target := into.Addr().Interface().(type) {
	case scalar:
		if word, ok := f.word(n, path, "a value"); ok {
			if err := target.parse(word); err != nil {
				f.Add(n.Line, path, "%s", err)
			}
		}
		return
	case *Manifest:
		f.manifest(n, target, path)
		return
	case shortened:
		if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
			switch member := target.short().(type) {
			case *string:
				*member = n.Value
			default:
				f.Decode(n, reflect.ValueOf(member).Elem(), path)
			}
			return
		}
	}
	switch into.Kind() {
	case reflect.Struct:
		f.object(n, into, path)
	case reflect.Slice:
		f.sequence(n, into, path)
	case reflect.Map:
		f.mapping(n, into, path)
	default:
		f.plain(n, into, path)
	}
}

func (f *Faults) manifest(n *yaml.Node, target *Manifest, path string) {
	target.At = path
	switch n.Kind {
	case yaml.MappingNode:
		if isChart(n) && !strings.Contains(path, ".values[") {
			target.Chart = &Chart{}
			f.object(n, reflect.ValueOf(target.Chart).Elem(), path)
			return
		}
		target.Inline = n
	case yaml.ScalarNode:
		target.Path = n.Value
		if n.Value == "" {
			f.Add(n.Line, path, "must be a path or an object, got nothing")
		}
	default:
		f.Add(n.Line, path, "must be a path or an object, got %s", kindOf(n))
	}
}

// isChart reports whether an object is a chart to render and no object of Kubernetes.
func isChart(n *yaml.Node) bool {
	is := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch n.Content[i].Value {
		case "apiVersion", "kind":
			return false
		case "chart":
			is = true
		}
	}
	return is
}

func (f *Faults) word(n *yaml.Node, path, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		f.Add(n.Line, path, "must be %s, got %s", what, kindOf(n))
		return "", false
	}
	return n.Value, true
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "an object"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	return fmt.Sprintf("%.60q", n.Value)
}

func (f *Faults) object(n *yaml.Node, into reflect.Value, path string) {
	if n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		f.Add(n.Line, path, "must be an object, got %s", kindOf(n))
		return
	}
	fields := map[string]reflect.Value{}
	var names []string
	for i := range into.NumField() {
		if name := into.Type().Field(i).Tag.Get("yaml"); name != "" {
			fields[name] = into.Field(i)
			names = append(names, name)
		}
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		if first, twice := seen[key.Value]; twice {
			f.Add(key.Line, at, "must be given once, stands on line %d too", first)
			continue
		}
		seen[key.Value] = key.Line
		field, known := fields[key.Value]
		if !known {
			f.Put(Unknown, key.Line, at, "unknown field%s", DidYouMean(key.Value, names))
			continue
		}
		f.Decode(value, field, at)
	}
	for i := range into.NumField() {
		tag := into.Type().Field(i).Tag
		if name := tag.Get("yaml"); tag.Get("required") == "true" && seen[name] == 0 {
			f.Add(n.Line, join(path, name), "must be given")
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (f *Faults) sequence(n *yaml.Node, into reflect.Value, path string) {
	if n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.SequenceNode {
		f.Add(n.Line, path, "must be a list, got %s", kindOf(n))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, element := range n.Content {
		f.Decode(element, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	into.Set(list)
}

func (f *Faults) mapping(n *yaml.Node, into reflect.Value, path string) {
	if n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		f.Add(n.Line, path, "must be an object, got %s", kindOf(n))
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := reflect.New(into.Type().Elem()).Elem()
		f.Decode(n.Content[i+1], value, fmt.Sprintf("%s[%s]", path, n.Content[i].Value))
		into.SetMapIndex(reflect.ValueOf(n.Content[i].Value), value)
	}
}

// visible is text as it is printed. A description may have several lines.
func visible(path, word string) string {
	if path != "description" {
		return manifest.Visible(word)
	}
	lines := strings.Split(word, "\n")
	for i, line := range lines {
		lines[i] = manifest.Visible(line)
	}
	return strings.Join(lines, "\n")
}

// plain reads Go's own kinds.
func (f *Faults) plain(n *yaml.Node, into reflect.Value, path string) {
	what := map[reflect.Kind]string{
		reflect.String: "text", reflect.Bool: "true or false", reflect.Int: "a whole number",
		reflect.Uint64: "a whole number from 0 on", reflect.Float64: "a number",
	}[into.Kind()]
	word, ok := f.word(n, path, what)
	if !ok {
		return
	}
	var err error
	switch into.Kind() {
	case reflect.String:
		into.SetString(visible(path, word))
	case reflect.Bool:
		var v bool
		v, err = strconv.ParseBool(word)
		into.SetBool(v)
	case reflect.Int:
		var v int64
		v, err = strconv.ParseInt(word, 10, 32)
		into.SetInt(v)
	case reflect.Uint64:
		var v uint64
		v, err = strconv.ParseUint(word, 10, 64)
		into.SetUint(v)
	case reflect.Float64:
		var v float64
		v, err = strconv.ParseFloat(word, 64)
		if v != v {
			err = strconv.ErrSyntax
		}
		into.SetFloat(v)
	default:
		panic("wire: no way to read a " + into.Kind().String())
	}
	if err != nil {
		f.Add(n.Line, path, "must be %s, got %.60q", what, word)
	}
}
