package patch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

// errElsewhere says that a file does not hold what a change is of.
var errElsewhere = errors.New("not in this file")

// edit makes a change in the text of a file of manifests, or of a scenario, and leaves all
// else of it as it is.
func edit(text, set string) (string, error) {
	c, ofObject, err := manifest.ParseChange(set)
	if err != nil {
		return "", err
	}
	path, value, _ := strings.Cut(set, "=")
	if ofObject {
		path = c.Path
		_, value, _ = strings.Cut(strings.TrimPrefix(set[strings.Index(set, ":"):], ":"), "=")
	}
	otherLines := strings.ContainsAny(text, "\r\u0085\u2028\u2029\ufeff") // which YAML counts and the editor does not
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if err := d.Decode(&document); err != nil {
			if errors.Is(err, io.EOF) {
				return "", errElsewhere
			}
			return "", err
		}
		if len(document.Content) == 0 {
			continue
		}
		for _, root := range roots(document.Content[0]) {
			if is(root, c, ofObject) {
				if otherLines {
					return "", errForm
				}
				e := editor{lines: strings.SplitAfter(text, "\n")}
				return e.set(root, manifest.Steps(path), value)
			}
		}
	}
}

// roots are the objects of a document, those of a list one by one.
func roots(n *yaml.Node) []*yaml.Node {
	if items := member(n, "items"); items != nil && items.Kind == yaml.SequenceNode {
		return items.Content
	}
	return []*yaml.Node{n}
}

// is reports whether an object is the one that a change is of: for a change that is of no
// object, the scenario.
func is(root *yaml.Node, c *manifest.Change, ofObject bool) bool {
	if !ofObject {
		return strings.HasPrefix(scalar(member(root, "apiVersion")), "rehearse.dev/")
	}
	metadata := member(root, "metadata")
	return names(c, scalar(member(root, "kind")), scalar(member(metadata, "namespace")), scalar(member(metadata, "name")))
}

func member(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// editor changes lines of a text.
type editor struct{ lines []string }

// errForm says that a text is of a form in which the change is not made.
var errForm = errors.New("is written in a form that is not edited")

// set goes along a path, as far as it leads, and writes the value there.
func (e *editor) set(n *yaml.Node, steps []string, value string) (string, error) {
	if len(steps) == 0 {
		return "", errForm
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, element := range n.Content {
			if steps[0] == strconv.Itoa(i) || scalar(member(element, "name")) == strings.TrimPrefix(steps[0], "name=") {
				return e.set(element, steps[1:], value)
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value != steps[0] {
				continue
			}
			if len(steps) == 1 {
				return e.replace(n, n.Content[i], n.Content[i+1], value)
			}
			return e.set(n.Content[i+1], steps[1:], value)
		}
		return e.add(n, steps, value)
	}
	return "", errForm
}

// replace writes another value to a key.
func (e *editor) replace(in, key, old *yaml.Node, value string) (string, error) {
	var parsed yaml.Node
	if err := yaml.Unmarshal([]byte(value), &parsed); err != nil {
		return "", err
	}
	plain := len(parsed.Content) == 1 && parsed.Content[0].Kind == yaml.ScalarNode
	if old.Kind == yaml.ScalarNode && plain {
		return e.token(old, value)
	}
	if in.Style&yaml.FlowStyle != 0 {
		return "", errForm
	}
	last, err := lastLine(old)
	if err != nil {
		return "", err
	}
	text, err := below(key.Value, &parsed, key.Column-1)
	if err != nil {
		return "", err
	}
	first := e.lines[key.Line-1][:key.Column-1] // a dash before the first key stays
	if strings.TrimSpace(first) != "" {
		text = first + strings.TrimLeft(text, " ")
	}
	return e.put(key.Line-1, last, text), nil
}

// token replaces a scalar that is on one line.
func (e *editor) token(old *yaml.Node, value string) (string, error) {
	line := e.lines[old.Line-1]
	runes := []rune(line)
	before, rest := string(runes[:old.Column-1]), string(runes[old.Column-1:])
	written := old.Value
	switch old.Style {
	case yaml.DoubleQuotedStyle:
		written = `"` + old.Value + `"`
	case yaml.SingleQuotedStyle:
		written = "'" + old.Value + "'"
	}
	after, has := strings.CutPrefix(rest, written)
	if !has || old.Anchor != "" || written == "" {
		return "", errForm
	}
	return e.put(old.Line-1, old.Line, before+value+after), nil
}

// add writes keys that a mapping lacks behind its last one.
func (e *editor) add(in *yaml.Node, steps []string, value string) (string, error) {
	if in.Style&yaml.FlowStyle != 0 || len(in.Content) == 0 {
		return "", errForm
	}
	var parsed yaml.Node
	if err := yaml.Unmarshal([]byte(value), &parsed); err != nil {
		return "", err
	}
	content := &parsed
	for i := len(steps) - 1; i > 0; i-- {
		if _, err := strconv.Atoi(steps[i]); err == nil {
			return "", fmt.Errorf("must name an element of a list that is there, got [%s]", steps[i])
		}
		content = &yaml.Node{Kind: yaml.MappingNode,
			Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: steps[i]}, inner(content)}}
	}
	last, err := lastLine(in)
	if err != nil {
		return "", err
	}
	text, err := below(steps[0], content, in.Content[0].Column-1)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(e.lines[last-1], "\n") {
		e.lines[last-1] += "\n"
	}
	return e.put(last, last, text), nil
}

// inner is a node without its document.
func inner(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		return n.Content[0]
	}
	return n
}

// unfolded is a node whose maps and lists are written line by line.
func unfolded(n *yaml.Node) *yaml.Node {
	n.Style &^= yaml.FlowStyle
	for _, c := range n.Content {
		unfolded(c)
	}
	return n
}

// below is a key with its value as YAML, indented.
func below(key string, value *yaml.Node, indent int) (string, error) {
	text, err := block(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: key},
		unfolded(inner(value))}})
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	for line := range strings.Lines(text) {
		b.WriteString(strings.Repeat(" ", indent) + line)
	}
	return b.String(), nil
}

// lastLine is the last line that a node takes. A scalar over several lines does not say
// where it ends.
func lastLine(n *yaml.Node) (int, error) {
	last := n.Line
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if n.Kind == yaml.ScalarNode && (block || strings.Contains(n.Value, "\n")) {
		return 0, errForm
	}
	if n.Kind == yaml.AliasNode {
		return last, nil
	}
	for _, c := range n.Content {
		inner, err := lastLine(c)
		if err != nil {
			return 0, err
		}
		last = max(last, inner)
	}
	return last, nil
}

// put writes text in place of the lines from one on, before another.
func (e *editor) put(from, before int, text string) string {
	return strings.Join(e.lines[:from], "") + text + strings.Join(e.lines[before:], "")
}
