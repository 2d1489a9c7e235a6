package wire

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

// override sets a field of a scenario, "cluster.pools[0].count=5", in its YAML
// before it is decoded.
func override(root *yaml.Node, text string) error {
	path, value, found := strings.Cut(text, "=")
	if !found || path == "" {
		return fmt.Errorf("must be PATH=VALUE or Kind/name:PATH=VALUE, got %.80q", text)
	}
	var parsed yaml.Node
	if err := yaml.Unmarshal([]byte(value), &parsed); err != nil {
		return fmt.Errorf("must have a YAML value after the \"=\", got %.80q", text)
	}
	if _, err := manifest.CheckExpansion(&parsed); err != nil {
		return fmt.Errorf("%w, got %.80q", err, text)
	}
	replacement := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	if len(parsed.Content) > 0 {
		replacement = parsed.Content[0]
	}
	return put(root, manifest.Steps(path), path, replacement)
}

func put(n *yaml.Node, steps []string, path string, value *yaml.Node) error {
	if len(steps) == 0 {
		relocate(value, n.Line)
		*n = *value
		return nil
	}
	step := steps[0]
	if n.Tag == "!!null" {
		*n = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return put(n.Content[i+1], steps[1:], path, value)
			}
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: step, Line: n.Line}
		empty := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line}
		n.Content = append(n.Content, key, empty)
		return put(empty, steps[1:], path, value)
	case yaml.SequenceNode:
		i, err := position(n, step)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return put(n.Content[i], steps[1:], path, value)
	}
	return fmt.Errorf("%s: must lead through objects and lists, but there is a plain value before %q", path, step)
}

func relocate(n *yaml.Node, line int) {
	n.Line = line
	for _, c := range n.Content {
		relocate(c, line)
	}
}

// position is the element of a list that a step names: by index, or by the
// name that it carries.
func position(n *yaml.Node, step string) (int, error) {
	if i, err := strconv.Atoi(step); err == nil {
		if i < 0 || i >= len(n.Content) {
			return 0, fmt.Errorf("must be below %d, got [%d]", len(n.Content), i)
		}
		return i, nil
	}
	name := strings.TrimPrefix(step, "name=")
	for i, element := range n.Content {
		for j := 0; j+1 < len(element.Content); j += 2 {
			if element.Kind == yaml.MappingNode && element.Content[j].Value == "name" && element.Content[j+1].Value == name {
				return i, nil
			}
		}
	}
	return 0, fmt.Errorf("must name an element of the list, got [%s]", step)
}
