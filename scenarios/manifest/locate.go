package manifest

import (
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/nodes"
)

var goField = regexp.MustCompile(`Go struct field [^.\s]*\.(\S+) of type`)

// locate finds the field that a decoding error is about. The decoder names
// fields without the indices of lists, and bad quantities not at all.
func (l Lines) locate(message string) string {
	if m := goField.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	if root := l.root(); root != nil && quantityFault.MatchString(message) {
		return badQuantity(root, "", false)
	}
	return ""
}

var quantityFault = regexp.MustCompile(`quantit(?:y|ies)|unable to parse`)

// quantityMaps are the fields whose values are quantities by resource.
var quantityMaps = []string{"requests", "limits", "capacity", "allocatable", "hard", "overhead", "default",
	"defaultRequest", "max", "min"}

// badQuantity walks a document to the first value that should be a quantity
// and is none.
func badQuantity(n *yaml.Node, path string, inside bool) string {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			at := key
			if path != "" {
				at = path + "." + key
			}
			if inside {
				at = fmt.Sprintf("%s[%s]", path, key)
			}
			quantities := slices.Contains(quantityMaps, key) || key == "sizeLimit" || key == "divisor"
			if found := badQuantity(value, at, inside || quantities); found != "" {
				return found
			}
		}
	case yaml.SequenceNode:
		for i, element := range n.Content {
			if found := badQuantity(element, fmt.Sprintf("%s[%d]", path, i), false); found != "" {
				return found
			}
		}
	case yaml.ScalarNode:
		if _, err := nodes.ParseQuantity(n.Value); inside && err != nil {
			return path
		}
	}
	return ""
}
