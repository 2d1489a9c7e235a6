package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.yaml.in/yaml/v3"
)

// doubled is a document of n lines, each of which names the one before twice.
func doubled(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x]\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	return b.String()
}

// Documents are refused that are larger than they are written; those just within
// the bounds are taken.
func TestExpansion(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"plain":          {"a: [1, 2]", ""},
		"alias":          {"a: &a [1]\nb: *a\nc: *a", ""},
		"itself":         {"a: &a [*a]", "a.yaml:1: must not refer to itself, got *a inside of &a"},
		"itself far off": {"a: &a\n  b:\n  - c: *a", "a.yaml:3: must not refer to itself, got *a inside of &a"},
		"doubled":        {doubled(14), ""},
		"doubled often":  {doubled(60), "a.yaml:17: must expand to at most 200000 values by aliases"},
		"deep":           {strings.Repeat("[", 255) + strings.Repeat("]", 255), ""},
		"too deep":       {strings.Repeat("[", 300) + strings.Repeat("]", 300), "a.yaml:1: must have at most 256 levels"},
		"deep by aliases": {"a: &a " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\nb: " + strings.Repeat("[",
			200) + "*a" + strings.Repeat("]", 200), "a.yaml:2: must have at most 256 levels"},
		"second document": {"a: 1\n---\nb: &b [*b]", "a.yaml:3: must not refer to itself, got *b inside of &b"},
		"no YAML":         {"[", ""},
	} {
		assert.Equal(t, c.want, errorText(CheckYAML("a.yaml", []byte(c.text))), name)
	}
}

// What passes expands to no more than the bound, as the plain walk finds it.
func FuzzExpansion(f *testing.F) {
	for _, text := range []string{"a: &a [*a]", doubled(9), "x: &x {<<: *x}", "a: &a {b: &b [*a]}", "&a [&a [*a], *a]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n yaml.Node
		if yaml.Unmarshal([]byte(text), &n) != nil {
			return
		}
		if _, err := CheckExpansion(&n); err != nil {
			return
		}
		left := 4 * (maxAliased + len(text) + 1)
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			if left--; left < 0 {
				t.Fatal("expands beyond the bound")
			}
			if n.Kind == yaml.AliasNode {
				walk(n.Alias)
			}
			for _, c := range n.Content {
				walk(c)
			}
		}
		walk(&n)
	})
}
