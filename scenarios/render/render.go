package render

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
)

// Files is where a folder and what it names are read.
type Files interface {
	// Read is the content of a file.
	Read(name string) ([]byte, error)
	// CheckYAML is a fault of a text that expands to more than it should.
	CheckYAML(name string, data []byte) error
	// Entries are what a folder holds, by name.
	Entries(folder string) ([]fs.DirEntry, error)
	// Stat describes what a path leads to, links followed.
	Stat(name string) (fs.FileInfo, error)
	// Absolute is the path from the root on, links followed. Read takes it, too.
	Absolute(name string) (string, error)
}

// Text is one document that was made.
type Text struct {
	// File is where it comes from: a template, or the file of a base.
	File string
	Data []byte
	// Lines are those of File that the lines of Data come from; nil when Written is
	// given.
	Lines []int
	// Written is the document as File has it, before it is changed, from line From
	// on; nil when Lines are given.
	Written []byte
	From    int
}

// Fault is what is wrong with a folder. Line is 0 when there is none to name.
type Fault struct {
	File    string
	Line    int
	Field   string
	Message string
}

func (f Fault) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Field, f.Message)
}

// Kind is how a path is read.
type Kind int

const (
	// Plain is a file or a folder of manifests.
	Plain Kind = iota
	// Chart is a folder with a Chart.yaml, or an archive of one.
	Chart
	// Kustomization is a folder with a kustomization.
	Kustomization
)

// chartFile is the file that makes a folder a chart.
const chartFile = "Chart.yaml"

// Of says how a path is read, and its folder: the path itself, or that of the
// kustomization or Chart.yaml that the path names.
func Of(files Files, path string) (Kind, string) {
	info, err := files.Stat(path)
	if err != nil {
		return Plain, path
	}
	if !info.IsDir() {
		switch base := filepath.Base(path); {
		case strings.HasSuffix(base, ".tgz"):
			return Chart, path
		case base == chartFile:
			return Chart, filepath.Dir(path)
		case slices.Contains(konfig.RecognizedKustomizationFileNames(), base):
			return Kustomization, filepath.Dir(path)
		}
		return Plain, path
	}
	holds := func(name string) bool {
		info, err := files.Stat(filepath.Join(path, name))
		return err == nil && !info.IsDir()
	}
	switch {
	case slices.ContainsFunc(konfig.RecognizedKustomizationFileNames(), holds):
		return Kustomization, path
	case holds(chartFile):
		return Chart, path
	}
	return Plain, path
}
