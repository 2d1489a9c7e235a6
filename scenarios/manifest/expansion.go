package manifest

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of what a document may expand to, for every reader of YAML. Manifests
// have about 20 levels, a schema inside of one about 60.
const (
	maxDepth   = 256     // levels of lists and objects, aliases put in
	maxAliased = 200_000 // values that aliases stand for, each as often as it is named
)

// CheckExpansion is the fault of a document that is larger than it is written: one
// whose aliases refer to what they stand in, or multiply. The walk takes as long
// as the document is written.
//
//	size(n)     = 1 + Σ size(child)
//	size(alias) = size(anchor), counted as aliased
func CheckExpansion(root *yaml.Node) (line int, err error) {
	w := expansion{sizes: map[*yaml.Node]extent{}}
	w.of(root, 0)
	return w.line, w.err
}

// extent is what a node expands to: levels, values, and how many of these come of
// aliases.
type extent struct {
	depth           int
	values, aliased int64
	open            bool // being walked
}

type expansion struct {
	sizes map[*yaml.Node]extent // of anchors
	line  int
	err   error
}

func (w *expansion) of(n *yaml.Node, depth int) extent {
	if w.err != nil {
		return extent{}
	}
	if n.Kind == yaml.AliasNode {
		known := w.sizes[n.Alias]
		if known.open {
			w.fail(n, "must not refer to itself, got *%.60s inside of &%.60s", n.Value, n.Value)
			return extent{}
		}
		return extent{depth: known.depth, values: known.values, aliased: known.values}
	}
	if depth > maxDepth {
		w.fail(n, "must have at most %d levels", maxDepth)
		return extent{}
	}
	if n.Anchor != "" {
		w.sizes[n] = extent{open: true}
	}
	e := extent{depth: 1, values: 1}
	for _, c := range n.Content {
		inner := w.of(c, depth+1)
		e.depth = max(e.depth, 1+inner.depth)
		e.values = min(e.values+inner.values, 1<<40)
		e.aliased = min(e.aliased+inner.aliased, 1<<40)
		switch {
		case depth+e.depth > maxDepth+1:
			w.fail(c, "must have at most %d levels", maxDepth)
		case e.aliased > maxAliased:
			w.fail(c, "must expand to at most %d values by aliases", maxAliased)
		}
	}
	if n.Anchor != "" {
		w.sizes[n] = e
	}
	return e
}

func (w *expansion) fail(n *yaml.Node, format string, arguments ...any) {
	if w.err == nil {
		w.line, w.err = n.Line, fmt.Errorf(format, arguments...)
	}
}

// CheckYAML is the fault of the expansion of a text, all documents of it. What is
// no YAML has none; reading it says so.
func CheckYAML(file string, data []byte) error {
	if !expands(data) {
		return nil
	}
	reader := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if err := reader.Decode(&document); err != nil {
			return nil
		}
		if line, err := CheckExpansion(&document); err != nil {
			return Error{File: file, Line: line, Message: err.Error()}
		}
	}
}

// expands reports whether a text can be larger than it is written, or deeper than
// allowed: without an alias, and with few brackets and little indentation, it can't.
// Within brackets each level takes one, and outside of them each takes a column but
// for a list, which may stand below its own key. A text whose lines end in other ways
// than by line feeds, or that is no UTF-8, is not judged by its looks.
func expands(data []byte) bool {
	brackets, deepest := 0, 0
	for line := range bytes.Lines(data) {
		deepest = max(deepest, len(line)-len(bytes.TrimLeft(line, " -?:\t")))
		brackets += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
	}
	return bytes.ContainsAny(data, "*\x00\r\u0085\u2028\u2029") || !utf8.Valid(data) || brackets+2*(deepest+1) > maxDepth
}
