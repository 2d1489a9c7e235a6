package render

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"
)

// Bounds of what is read as one chart, those of Helm.
const (
	deepest   = 32 // folders in folders
	mostFiles = 20_000
)

// load reads a chart as helm.sh/helm/v3/pkg/chart/loader/directory.go does, file by
// file from where Files lead.
func load(files Files, folder string) (c *chart.Chart, err error) {
	info, err := files.Stat(folder)
	if err != nil {
		return nil, err
	}
	var list []*loader.BufferedFile
	if !info.IsDir() {
		data, err := files.Read(folder)
		if err != nil {
			return nil, err
		}
		if list, err = loader.LoadArchiveFiles(bytes.NewReader(data)); err != nil {
			return nil, Fault{File: folder, Message: "must be the archive of a chart: " + err.Error()}
		}
	} else {
		w := walk{files: files, folder: folder, rules: ignore.Empty()}
		if err := w.ignored(); err != nil {
			return nil, err
		}
		if err := w.walk("", deepest); err != nil {
			return nil, err
		}
		list = w.list
	}
	for _, f := range list {
		if base := path.Base(f.Name); base != chartFile && base != "values.yaml" && base != "Chart.lock" &&
			base != "requirements.yaml" && base != "requirements.lock" {
			continue
		}
		if err := files.CheckYAML(filepath.Join(folder, f.Name), f.Data); err != nil {
			return nil, err
		}
	}
	alone(func() { c, err = loader.LoadFiles(list) }) // which warns of old forms only
	if err != nil {
		return nil, Fault{File: filepath.Join(folder, chartFile), Message: "must be the head of a chart: " + err.Error()}
	}
	return c, nil
}

// walk gathers the files of a chart.
type walk struct {
	files  Files
	folder string
	rules  *ignore.Rules
	list   []*loader.BufferedFile
	bytes  int64
}

func (w *walk) ignored() error {
	name := filepath.Join(w.folder, ignore.HelmIgnore)
	if _, err := w.files.Stat(name); err == nil {
		data, err := w.files.Read(name)
		if err != nil {
			return err
		}
		if w.rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return Fault{File: name, Message: err.Error()}
		}
	}
	w.rules.AddDefaults()
	return nil
}

// walk reads what is below a folder, which is named from the chart on.
func (w *walk) walk(below string, depth int) error {
	at := filepath.Join(w.folder, below)
	if depth == 0 {
		return Fault{File: at, Message: fmt.Sprintf("must be at most %d folders deep", deepest)}
	}
	entries, err := w.files.Entries(at)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(below, e.Name())
		file := filepath.Join(w.folder, name)
		info, err := w.files.Stat(file)
		if err != nil {
			if w.rules.Ignore(name, unknown{name: e.Name()}) {
				continue
			}
			return err
		}
		switch {
		case w.rules.Ignore(name, info):
			continue
		case info.IsDir():
			if err := w.walk(name, depth-1); err != nil {
				return err
			}
			continue
		case info.Size() > loader.MaxDecompressedFileSize:
			return Fault{File: file, Message: fmt.Sprintf("must be at most %d MiB, as with Helm, got %d MiB",
				loader.MaxDecompressedFileSize>>20, info.Size()>>20)}
		}
		data, err := w.files.Read(file)
		if err != nil {
			return err
		}
		w.bytes += int64(len(data))
		if w.bytes > loader.MaxDecompressedChartSize || len(w.list) == mostFiles {
			return Fault{File: w.folder, Message: fmt.Sprintf("must be a chart of at most %d MiB and %d files",
				loader.MaxDecompressedChartSize>>20, mostFiles)}
		}
		data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		w.list = append(w.list, &loader.BufferedFile{Name: strings.TrimPrefix(name, "/"), Data: data})
	}
	return nil
}
