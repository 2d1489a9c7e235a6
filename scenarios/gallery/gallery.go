// Package gallery holds the scenarios that come with rehearse: each tells one
// known story and expects its end.
package gallery

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// FS is the scenario files and the manifests they name.
//
//go:embed *.yaml */*.yaml */*.csv.gz
var FS embed.FS

// Names lists the scenarios by name, without the suffix of their files.
func Names() []string {
	files, err := fs.Glob(FS, "*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

// Describe is the description line of a scenario.
func Describe(name string) (string, error) {
	data, err := FS.ReadFile(name + ".yaml")
	if err != nil {
		return "", fmt.Errorf("must be one of %s, got %q", strings.Join(Names(), ", "), name)
	}
	for _, line := range bytes.Split(data, []byte("\n")) {
		if text, found := bytes.CutPrefix(line, []byte("description: ")); found {
			return string(text), nil
		}
	}
	return "", nil
}
