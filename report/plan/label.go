package plan

import (
	"fmt"
	"slices"
	"strings"
)

// ParseList reads PATH=A or PATH=A|B. A value in brackets or quotes is one.
func ParseList(text string) (Dimension, error) {
	path, value, found := strings.Cut(text, "=")
	if object, rest, is := strings.Cut(text, ":"); is && !strings.Contains(object, "=") {
		path, value, found = strings.Cut(rest, "=")
		path = object + ":" + path
	}
	if !found || path == "" {
		return Dimension{}, fmt.Errorf("must be PATH=VALUE or PATH=A|B, got %.80q", text)
	}
	if strings.ContainsAny(value, `{["'`) || !strings.Contains(value, "|") {
		return Dimension{Path: path, Values: []string{value}}, nil
	}
	list, err := valuesOf(value)
	if err != nil {
		return Dimension{}, fmt.Errorf("%w, got %.80q", err, text)
	}
	return Dimension{Path: path, Values: list}, nil
}

// Label names a setting by what it changes: replicas=5, limits.memory=1Gi. Paths are told
// as short as they can be told apart.
func Label(dimensions []Dimension, values []string) string {
	var list []string
	for i, d := range dimensions {
		if d.Path == "" {
			list = append(list, values[i])
			continue
		}
		list = append(list, Name(dimensions, i)+"="+values[i])
	}
	return strings.Join(list, " ")
}

// Name is the end of a dimension's path, as much of it as it takes to tell what it is; of
// machines it is nodes.
func Name(dimensions []Dimension, i int) string {
	path := dimensions[i].Path
	if path == "" {
		return "nodes"
	}
	name, n := "", 1
	for ; name != path && (name == "" || ambiguous(name) || shared(dimensions, i, name, n)); n++ {
		name = ending(path, n)
	}
	return name
}

// ambiguous reports whether the last part of a path says little by itself.
func ambiguous(name string) bool {
	return slices.Contains([]string{"cpu", "memory", "name", "value", "at", "count"}, name)
}

func shared(dimensions []Dimension, i int, name string, n int) bool {
	for j, d := range dimensions {
		if j != i && ending(d.Path, n-1) == name {
			return true
		}
	}
	return false
}

// ending is the last n parts of a path, or all of it.
func ending(path string, n int) string {
	_, fields, is := strings.Cut(path, ":")
	if !is {
		fields = path
	}
	parts := strings.Split(fields, ".")
	if n > len(parts) {
		return path
	}
	return strings.Join(parts[len(parts)-n:], ".")
}
