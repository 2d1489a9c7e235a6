package manifest

import (
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Lines finds the line of a field in a YAML or JSON document. The document is read
// when a line is asked for, which happens only where something is to be told of it.
type Lines struct {
	tree   func() *yaml.Node // nil for none
	offset int               // lines before the document
	from   []int             // the lines that those of the document come from, nil for themselves
	// written says how a field that is asked for is written, nil for as it is asked for.
	written func(field string) string
}

// Written is a field as it is written.
func (l Lines) Written(field string) string {
	if l.written == nil {
		return field
	}
	return l.written(field)
}

// NewLines is of a document that starts after offset lines of its file.
func NewLines(text []byte, offset int) Lines {
	return Lines{offset: offset, tree: sync.OnceValue(func() *yaml.Node {
		var n yaml.Node
		if err := yaml.Unmarshal(text, &n); err != nil || len(n.Content) == 0 {
			return nil
		}
		return n.Content[0]
	})}
}

// LinesOf is of a document that was read.
func LinesOf(root *yaml.Node) Lines { return Lines{tree: func() *yaml.Node { return root }} }

// root is the document, nil when it can't be read.
func (l Lines) root() *yaml.Node {
	if l.tree == nil {
		return nil
	}
	return l.tree()
}

// Of is the line of the field at a path such as spec.containers[0].image or
// metadata.labels[app]: its own, or that of the nearest ancestor there is.
func (l Lines) Of(path string) int {
	node := l.root()
	if node == nil {
		return origin(l.from, l.offset+1)
	}
	line := node.Line
	for _, step := range Steps(l.Written(path)) {
		var found bool
		if line, node, found = child(node, step, line); !found {
			break
		}
	}
	return origin(l.from, line+l.offset)
}

// origin is the line that line n, from 1 on, comes from.
func origin(from []int, n int) int {
	if len(from) == 0 || n < 1 {
		return n
	}
	return from[min(n, len(from))-1]
}

// At is the same document seen from the field at a path.
func (l Lines) At(path string) Lines {
	node := l.root()
	for _, step := range Steps(l.Written(path)) {
		if node == nil {
			break
		}
		_, next, found := child(node, step, 0)
		if !found {
			return l
		}
		node = next
	}
	return Lines{tree: func() *yaml.Node { return node }, offset: l.offset, from: l.from}
}

func child(node *yaml.Node, step string, line int) (int, *yaml.Node, bool) {
	switch node.Kind {
	case yaml.AliasNode:
		return child(node.Alias, step, line)
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i].Line, node.Content[i+1], true
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i].Line, node.Content[i], true
		}
		for _, element := range node.Content { // a path without indices
			if at, next, found := child(element, step, line); found {
				return at, next, true
			}
		}
	}
	return line, node, false
}

// Steps cuts a path at its dots and brackets; a bracket's content may hold
// dots.
func Steps(path string) []string {
	var list []string
	for path != "" {
		switch path[0] {
		case '.':
			path = path[1:]
		case '[':
			inside, after, _ := strings.Cut(path[1:], "]")
			list = append(list, strings.Trim(inside, `"`))
			path = after
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			list = append(list, path[:end])
			path = path[end:]
		}
	}
	return list
}
