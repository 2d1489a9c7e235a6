package manifest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// checkWhole is CheckYAML without the look at the text before.
func checkWhole(data []byte) error {
	reader := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if reader.Decode(&document) != nil {
			return nil
		}
		if _, err := CheckExpansion(&document); err != nil {
			return err
		}
	}
}

// A text that is not walked through has no fault.
func TestExpandsOverlooksNothing(t *testing.T) {
	deep := func(before, each, after string, n int) string { return before + strings.Repeat(each, n) + after }
	indented := func(line, end string) string {
		var b strings.Builder
		for i := range 300 {
			b.WriteString(strings.Repeat(" ", i) + line + end)
		}
		return b.String()
	}
	for _, text := range []string{
		deep("", "[", "", 300), deep("", "{a: ", "b", 300), deep("", "- ", "x", 300), deep("", "? ", "x", 300),
		deep("a: &a [x]\nb: ", "[*a, ", "", 3), indented("a:", "\n"), indented("a:", "\r"), indented("- a:", "\n"),
		indented("a:", "\u0085"), indented("a:", "\u2028"), indented("a:", "\r\n"),
		"a: 1\n---\n" + deep("", "- ", "x", 300),
	} {
		if checkWhole([]byte(text)) != nil {
			assert.True(t, expands([]byte(text)), "%.40q", text)
		}
	}
	assert.False(t, expands([]byte("kind: Pod\nspec:\n  containers:\n  - {name: c, ports: [{containerPort: 80}]}\n")))
	// Random texts of the characters that count.
	faults := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 0))
		pieces := []string{"- ", "? ", ": ", "a:\n", "[", "{a: ", "\n", "]", "}", "x", "- a:\n", "\r", "&a ", "*a",
			strings.Repeat("- ", 90)}
		var b strings.Builder
		for range r.IntN(30) {
			b.WriteString(strings.Repeat(" ", r.IntN(3)))
			b.WriteString(strings.Repeat(pieces[r.IntN(len(pieces))], 1+r.IntN(60)))
		}
		if err := checkWhole([]byte(b.String())); err != nil {
			faults++
			require.True(t, expands([]byte(b.String())), fmt.Sprint(seed, err))
		}
	}
	assert.Positive(t, faults)
}
