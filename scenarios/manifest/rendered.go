package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/render"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Chart is what a person gives for the charts of the input.
type Chart = render.ChartOptions

// Values are those of a file or in place, for charts.
type Values = render.Values

// KubeVersion is the version of Kubernetes whose code decodes, validates and decides.
const KubeVersion = "v1.37.2"

// rendered reads what a chart or a kustomization makes.
func (r *reader) rendered(kind render.Kind, folder string) {
	files := tree{r.options.Files}
	var texts []render.Text
	var warnings []string
	var err error
	program := "kustomize"
	switch kind {
	case render.Chart:
		program = "Helm"
		r.charts++
		chart := r.options.Chart
		if chart.Namespace == "" {
			chart.Namespace = r.options.Namespace
		}
		if chart.KubeVersion == "" {
			chart.KubeVersion = KubeVersion
		}
		texts, warnings, err = render.RenderChart(files, folder, chart)
	default:
		texts, warnings, err = render.Build(files, folder)
	}
	var fault render.Fault
	if errors.As(err, &fault) {
		err = Error{File: fault.File, Line: fault.Line, Field: fault.Field, Message: fault.Message}
	}
	r.note(err)
	for _, w := range warnings {
		r.set.Ignored = append(r.set.Ignored, record.Ignored{Object: Visible(filepath.Base(folder)), Source: Visible(folder),
			Reason: Visible(program + " warns: " + w)})
	}
	if err == nil && len(texts) == 0 {
		r.note(Error{File: folder, Message: fmt.Sprintf("must make at least one object, got %s that makes none", what(kind))})
	}
	for _, t := range texts {
		d := document{file: t.File, line: 1, text: t.Data, from: t.Lines}
		if t.Written != nil {
			d.line, d.written = t.From, t.Written
		}
		if err := CheckText(t.File, t.Data); err != nil {
			r.note(err)
			continue
		}
		if !blank(t.Data) {
			r.document(d)
		}
	}
}

// IsChart reports whether a path leads to a chart.
func IsChart(path string, files Files) bool {
	kind, _ := render.Of(tree{files}, path)
	return kind == render.Chart
}

// what is what a folder is.
func what(kind render.Kind) string {
	if kind == render.Chart {
		return "a chart"
	}
	return "a kustomization"
}

// unusedChart is a fault of values when there is no chart to take them.
func (r *reader) unusedChart(paths []string) {
	if flag := r.options.Chart.Flag(); flag != "" && r.charts == 0 {
		r.note(Error{File: flag, Message: "must go with a chart, found none in " + strings.Join(paths, ", ")})
	}
}

// tree is the files as what renders them sees them.
type tree struct{ Files }

var _ render.Files = tree{}

// Read implements render.Files.
func (t tree) Read(name string) ([]byte, error) { return t.Files.Read(t.named(name)) }

// CheckYAML implements render.Files.
func (t tree) CheckYAML(name string, data []byte) error { return CheckYAML(name, data) }

// Entries implements render.Files.
func (t tree) Entries(folder string) ([]fs.DirEntry, error) {
	list, err := t.entries(t.named(folder))
	if err != nil {
		return nil, reason(folder, err)
	}
	return list, nil
}

// Stat implements render.Files.
func (t tree) Stat(name string) (fs.FileInfo, error) {
	info, err := t.stat(t.named(name))
	if err != nil {
		return nil, reason(name, err)
	}
	return info, nil
}

// Absolute implements render.Files.
func (t tree) Absolute(name string) (string, error) {
	if t.FS != nil {
		return path.Join("/", filepath.ToSlash(name)), nil
	}
	real, err := realPath(name)
	if err != nil {
		return "", reason(name, err)
	}
	return real, nil
}

// named is a path as Files take it: those of another file system have no root.
func (t tree) named(name string) string {
	if t.FS == nil {
		return fromHere(name)
	}
	if name = strings.TrimPrefix(filepath.ToSlash(name), "/"); name == "" {
		return "."
	}
	return name
}

// fromHere is an absolute path as one from the working folder on, where it leads below
// that, which is how people name files.
func fromHere(name string) string {
	if !filepath.IsAbs(name) {
		return name
	}
	here, err := realPath(".")
	if err != nil {
		return name
	}
	below, err := filepath.Rel(here, name)
	if err != nil || below == ".." || strings.HasPrefix(below, "../") {
		return name
	}
	return below
}
