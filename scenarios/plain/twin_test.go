package plain_test

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/scenarios/plain"
)

// tally is how many texts were plain, and of how many there is JSON.
type tally struct{ texts, plain, json int }

// check holds what is read of a text to what the readers of all of YAML make of it.
func (c *tally) check(t *testing.T, text []byte) {
	t.Helper()
	c.texts++
	var p plain.Parser
	got := p.Parse(text)
	data, ok := p.Convert(text)
	if got == nil {
		require.False(t, ok, "%s", text)
		return
	}
	c.plain++
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &document), "%s", text)
	want := document.Content[0]
	uncomment(want)
	require.Equal(t, want, got, "%s", text)
	var value any
	inline, sameInline := p.JSON(nil, want)
	require.Equal(t, ok, sameInline)
	if !ok {
		return
	}
	c.json++
	strict, err := k8syaml.YAMLToJSONStrict(text)
	require.NoError(t, err, "%s", text)
	require.Equal(t, string(strict), string(data), "%s", text)
	require.NoError(t, want.Decode(&value))
	decoded, err := stdjson.Marshal(value)
	require.NoError(t, err)
	require.Equal(t, string(decoded), string(inline), "%s", text)
}

func uncomment(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		uncomment(c)
	}
}

// words are values and keys, some of which only look plain.
var words = []string{"web", "app.kubernetes.io/name", "x", "true", "False", "null", "yes", "No", "on", "y", "~", "0", "7",
	"-3", "007", "0x1F", "1_000", "1.5", "1e3", "100m", "64Mi", "1Gi", "5E", "1.27.3", "10.0.0.1", "2026-11-30", "24h",
	"2026-1-2 15:4:5", "12:30", "-0", "0o7", "0b1", ".5", ".inf", "./run.sh", "/bin/sh", `"quoted: yes"`, `'a # b'`, `"a\n"`,
	`''`, `""`, `'it''s'`, "registry.io/team/web:1.27", "a b  c", "a: b", "a #b", "a#b", "a:", "*x", "&x y", "!!str 5", "- x",
	"|", ">-", "{a: 1}", "{}", "[]", "[a, b, 1]", "{a: {b: [1, 2]}, c: d}", "{a: 1, a: 2}", "[a b]", "{a,}", "[x: y]", "{a:1}",
	"<<", "@x", "%x", "é", "a\tb", "12345678901234567890", "x<y&z>", "{? a: b}", `{"a": "b"}`, `["a" , 'b']`, "[-1, -a]", "--",
	"a - b", "?", "? a", "-", "a, b", "{a: b", "5 # five", `"x"#y`, `"x" # y`, "null # none"}

// writer writes random texts of mappings and lists.
type writer struct {
	*rand.Rand
	bytes.Buffer
	odd float64 // share of words that may be anything
}

func (w *writer) word() string {
	if w.Float64() < w.odd {
		return words[w.IntN(len(words))]
	}
	return words[w.IntN(3)]
}

func (w *writer) block(indent, depth int) {
	list := w.IntN(3) == 0 && depth < 4
	for i := range 1 + w.IntN(3) {
		switch w.IntN(12) {
		case 0:
			fmt.Fprintf(w, "%s# of %d\n", strings.Repeat(" ", w.IntN(9)), i)
		case 1:
			w.WriteString(strings.Repeat(" ", w.IntN(4)) + "\n")
		}
		w.WriteString(strings.Repeat(" ", indent))
		if list {
			w.WriteString("- ")
			w.rest(indent, depth)
			continue
		}
		key := fmt.Sprint(w.word(), i)
		if w.Float64() < w.odd {
			key = w.word()
		}
		w.WriteString(key + ":")
		w.rest(indent, depth)
	}
}

// rest writes a value: in the line, or below.
func (w *writer) rest(indent, depth int) {
	switch n := w.IntN(8); {
	case n == 0:
		w.WriteString("\n")
	case n <= 2 && depth > 0:
		w.WriteString("\n")
		w.block(indent+w.IntN(3), depth-1)
	case n == 3 && depth > 0:
		fmt.Fprintf(w, " k: %s\n%s", w.word(), strings.Repeat(" ", indent+2))
		w.block(indent+2, depth-1)
	default:
		fmt.Fprintf(w, " %s%s\n", w.word(), strings.Repeat(" ", w.IntN(2)))
	}
}

// Random texts, from those that are plain to those that hardly are YAML.
func TestRandomTexts(t *testing.T) {
	var c tally
	for seed := range uint64(6000) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), odd: float64(seed%10) / 10}
		w.block(0, 5)
		text := w.Bytes()
		c.check(t, text)
		for range 3 {
			c.check(t, damaged(w.Rand, text))
		}
	}
	t.Logf("%+v", c)
	assert.Greater(t, c.plain, c.texts/10)
	assert.Greater(t, c.json, c.plain/2)
	assert.Less(t, c.json, c.plain)
}

// damaged is a text with some characters changed, added or gone.
func damaged(r *rand.Rand, text []byte) []byte {
	const characters = " \n:-#{}[],'\"ay01.~&*!|>%@?\t\\"
	text = bytes.Clone(text)
	for range 1 + r.IntN(3) {
		at, c := r.IntN(len(text)), characters[r.IntN(len(characters))]
		switch r.IntN(3) {
		case 0:
			text[at] = c
		case 1:
			text = append(text[:at], append([]byte{c}, text[at:]...)...)
		case 2:
			text = append(text[:at], text[at+1:]...)
		}
		if len(text) == 0 {
			return []byte("a: b")
		}
	}
	return text
}

// The shipped scenarios and the manifests of tests.
func TestShippedTexts(t *testing.T) {
	var c tally
	for _, root := range []string{"../../scenarios", "../../testdata", "../../docs"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
				return err
			}
			data, err := os.ReadFile(path)
			if err == nil && len(data) < 100_000 {
				for _, document := range bytes.Split(data, []byte("\n---\n")) {
					c.check(t, append(document, '\n'))
				}
			}
			return err
		}))
	}
	t.Logf("%+v", c)
	assert.Greater(t, c.json, 20)
}

func FuzzParse(f *testing.F) {
	for seed := range uint64(20) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 2)), odd: float64(seed%10) / 10}
		w.block(0, 5)
		f.Add(w.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) { new(tally).check(t, text) })
}
