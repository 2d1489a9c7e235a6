package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Lines finds the line of a field in a YAML or JSON document.
type Lines struct {
	root   *yaml.Node
	offset int // lines before the document
}

// NewLines reads a document that starts after offset lines of its file.
func NewLines(text []byte, offset int) Lines {
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil || len(n.Content) == 0 {
		return Lines{offset: offset}
	}
	return Lines{root: n.Content[0], offset: offset}
}

// Of is the line of the field at a path such as spec.containers[0].image or
// metadata.labels[app]: its own, or that of the nearest ancestor there is.
func (l Lines) Of(path string) int {
	if l.root == nil {
		return l.offset + 1
	}
	line, node := l.root.Line, l.root
	for _, step := range Steps(path) {
		var found bool
		if line, node, found = child(node, step, line); !found {
			break
		}
	}
	return line + l.offset
}

// At is the same document seen from the field at a path.
func (l Lines) At(path string) Lines {
	node := l.root
	for _, step := range Steps(path) {
		if node == nil {
			break
		}
		_, next, found := child(node, step, 0)
		if !found {
			return l
		}
		node = next
	}
	return Lines{root: node, offset: l.offset}
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
