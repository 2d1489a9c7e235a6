package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the outputs of the documented commands into the documents")

// TestDocumentedCommands runs the commands of the console blocks and holds
// that they print what the documents say.
func TestDocumentedCommands(t *testing.T) {
	for _, file := range []string{"README.md", "docs/scenarios.md", "docs/results.md"} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			shown := string(data)
			actual, commands := replay(t, shown)
			require.Positive(t, commands, "no console block in %s", file)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(actual), 0o644))
				return
			}
			assert.Equal(t, actual, shown, "run go test ./cmd/... -update and read the difference")
		})
	}
}

// replay returns the document with the outputs of its console blocks made anew.
func replay(t *testing.T, document string) (string, int) {
	var b strings.Builder
	commands := 0
	inBlock := false
	for _, line := range strings.SplitAfter(document, "\n") {
		text := strings.TrimSuffix(line, "\n")
		switch {
		case text == "```console":
			inBlock = true
		case inBlock && text == "```":
			inBlock = false
		case inBlock && strings.HasPrefix(text, "$ "):
			commands++
			b.WriteString(line)
			command := strings.TrimPrefix(strings.TrimPrefix(text, "$ "), "go run ./cmd/")
			arguments := strings.Fields(command)
			require.Equal(t, "rehearse", arguments[0], text)
			out, diagnostics, code := rehearse(t, arguments[1:]...)
			require.Equal(t, exitOK, code, "%s\n%s", text, diagnostics)
			b.WriteString(out)
			continue
		case inBlock:
			continue // the output as it is shown
		}
		b.WriteString(line)
	}
	return b.String(), commands
}
