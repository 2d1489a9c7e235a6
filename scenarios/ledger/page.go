package ledger

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Field is one field of a kind, down to the values.
type Field struct {
	Path string
	// Row is what the table says of it, nil for nothing.
	Row *Row
}

// Fields are all fields of objects of a Go type, in its order.
func Fields(t reflect.Type) []Field {
	var list []Field
	planOf(t).each("", func(path string, row *Row) { list = append(list, Field{Path: path, Row: row}) })
	return list
}

func (n *node) each(path string, do func(string, *Row)) {
	switch {
	case n.elem != nil:
		n.elem.each(path+"[]", do)
	case len(n.fields) == 0:
		do(path, n.row)
	}
	for _, c := range n.fields {
		below := path
		if c.name != "" && path != "" {
			below += "."
		}
		c.node.each(below+c.name, do)
	}
}

// Page is docs/coverage.md: how many fields of each kind are simulated, and the
// table. The kinds are by name.
func Page(kinds map[string]reflect.Type) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("\n| kind | fields | simulated | of no effect | not simulated |\n|---|---:|---:|---:|---:|\n")
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		count := map[State]int{}
		list := Fields(kinds[name])
		for _, f := range list {
			if f.Row != nil {
				count[f.Row.State]++
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", name, len(list), count[Simulated], count[NoEffect],
			count[NotSimulated])
	}
	b.WriteString("\n## Not simulated\n\n| field | what follows |\n|---|---|\n")
	for _, r := range Rows() {
		if r.State == NotSimulated {
			fmt.Fprintf(&b, "| `%s` | %s |\n", r.Path, r.Text)
		}
	}
	section := ""
	for _, r := range Rows() {
		if r.State == NotSimulated {
			continue
		}
		if r.Section != section {
			section = r.Section
			fmt.Fprintf(&b, "\n## %s\n\n| field | | |\n|---|---|---|\n", section)
		}
		path, state := r.Path, string(r.State)
		if r.Below {
			path += all
		}
		if r.State == NoEffect {
			state = "no effect"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", path, state, r.Text)
	}
	return b.String()
}

const head = `# What becomes of every field

Every field of every kind that is read stands in one table: it is **simulated**, or it can have **no effect** on
capacity, OOM risk and downtime, or a real cluster acts on it and the simulation **does not**. A manifest that sets one
of the last to anything but its default is told so under LEFT OUT, with file and line (in JSON under ignored, with
unsimulated: true), and with ` + "`--strict`" + ` it is an error. A test walks the Go types and fails for a field without a
row; another one sets each field of a pod in a small world and sees that what happens changes where the table says
simulated, and does not where it says no effect (testdata/ledger).

A path begins at a Go type of Kubernetes' API and goes down by its JSON names; ` + "`[]`" + ` is an element of a list,
` + "`.**`" + ` is everything below. The row that begins at the outermost type holds, and of these the longest.
`
