package main

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decoding are the calls that decode what somebody else wrote.
var decoding = regexp.MustCompile(
	`^(\w*json|yaml)\.(Unmarshal|UnmarshalStrict|NewDecoder)$|^(csv|gzip)\.NewReader$|^bufio\.NewScanner$`)

// notFuzzed are rooms that decode, but nothing of strangers.
var notFuzzed = map[string]string{
	"cmd/rehearse":          "tells a recording of a kubelet from another one; both are read by what FuzzReadLives and FuzzReadRecording call",
	"nodes":                 "the catalogue that is built in",
	"scenarios/preset":      "the presets that are built in",
	"report/stat":           "a number within a result, which FuzzReadJSON reads",
	"sim/control/daemonset": "the history that the simulation wrote itself",
}

// readers are exported functions that read what somebody else wrote.
var readers = regexp.MustCompile(`^(Read|Parse|Load|First$|New$)`)

// Each room that decodes has a fuzz target, and each exported reader of such a room is
// called by one.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	decodes, exported := map[string]bool{}, map[string][]string{}
	eachFile(t, func(folder, _ string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, is := n.X.(*ast.Ident); is && decoding.MatchString(x.Name+"."+n.Sel.Name) {
					decodes[folder] = true
				}
			case *ast.FuncDecl:
				if n.Recv == nil && readers.MatchString(n.Name.Name) && takesText(n) {
					exported[folder] = append(exported[folder], n.Name.Name)
				}
			}
			return true
		})
	})
	require.Greater(t, len(decodes), 10, "rooms that decode")
	for _, folder := range slices.Sorted(maps.Keys(decodes)) {
		if notFuzzed[folder] != "" {
			continue
		}
		text := fuzzing(t, folder)
		assert.NotEmpty(t, text, "%s decodes, and has no fuzz target", folder)
		for _, name := range exported[folder] {
			assert.Regexp(t, `\b`+name+`\(`, text, "%s: no fuzz target calls %s", folder, name)
		}
	}
	for folder := range notFuzzed {
		assert.True(t, decodes[folder], "%s decodes nothing", folder)
	}
}

// takesText reports whether a function takes the text of a file.
func takesText(f *ast.FuncDecl) bool {
	for _, p := range f.Type.Params.List {
		switch of := p.Type.(type) {
		case *ast.ArrayType:
			if e, is := of.Elt.(*ast.Ident); is && e.Name == "byte" {
				return true
			}
		case *ast.SelectorExpr:
			if x, is := of.X.(*ast.Ident); is && x.Name == "io" && of.Sel.Name == "Reader" {
				return true
			}
		}
	}
	return false
}

// fuzzing is the text of a room's test files with a fuzz target.
func fuzzing(t *testing.T, folder string) (text string) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.Contains(string(data), "\nfunc Fuzz") {
			text += string(data)
		}
	}
	return text
}
