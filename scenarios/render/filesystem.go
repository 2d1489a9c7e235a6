package render

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Bounds of what one kustomization may read. Bases that are named twice at each level
// double what is made with every level.
const (
	mostKustomizations = 1000
	mostBytes          = 256 << 20
)

// fileSystem is what kustomize sees of the world: it can be read, through Files, and
// nothing can be written. Each kustomization that is read is looked at first.
type fileSystem struct {
	files       Files
	root, shown string // the folder that is built: absolute, and as a person named it
	file        string // its kustomization, as shown

	keepsOrigins bool
	written      map[string][]byte // what was read, by absolute path
	kustomized   int               // kustomizations that were read
	bytes        int
	fault        error // the first, which kustomize may pass over
}

var _ filesys.FileSystem = (*fileSystem)(nil)

var errReadOnly = errors.New("nothing is written")

func (t *fileSystem) Create(string) (filesys.File, error)  { return nil, errReadOnly }
func (t *fileSystem) Mkdir(string) error                   { return errReadOnly }
func (t *fileSystem) MkdirAll(string) error                { return errReadOnly }
func (t *fileSystem) RemoveAll(string) error               { return errReadOnly }
func (t *fileSystem) WriteFile(string, []byte) error       { return errReadOnly }
func (t *fileSystem) Open(string) (filesys.File, error)    { return nil, errors.New("nothing is opened") }
func (t *fileSystem) Glob(string) ([]string, error)        { return nil, nil }
func (t *fileSystem) Walk(string, filepath.WalkFunc) error { return errors.New("no folder is walked") }
func (t *fileSystem) ReadDir(name string) ([]string, error) {
	return nil, errors.New("no folder is listed")
}

// Exists implements filesys.FileSystem.
func (t *fileSystem) Exists(name string) bool {
	_, err := t.files.Stat(name)
	return err == nil
}

// IsDir implements filesys.FileSystem.
func (t *fileSystem) IsDir(name string) bool {
	info, err := t.files.Stat(name)
	return err == nil && info.IsDir()
}

// CleanedAbs implements filesys.FileSystem.
func (t *fileSystem) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	real, err := t.files.Absolute(name)
	if err != nil {
		return "", "", err
	}
	info, err := t.files.Stat(real)
	switch {
	case err != nil:
		return "", "", err
	case info.IsDir():
		return filesys.ConfirmedDir(real), "", nil
	}
	return filesys.ConfirmedDir(filepath.Dir(real)), filepath.Base(real), nil
}

// ReadFile implements filesys.FileSystem.
func (t *fileSystem) ReadFile(name string) ([]byte, error) {
	if data, again := t.written[name]; again && !t.isKustomization(name) {
		return data, nil
	}
	data, err := t.readFile(name)
	if err != nil && t.fault == nil && !errors.Is(err, fs.ErrNotExist) {
		t.fault = err
	}
	return data, err
}

func (t *fileSystem) isKustomization(name string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(name))
}

func (t *fileSystem) readFile(name string) ([]byte, error) {
	shown := t.name(name)
	if !t.Exists(name) { // kustomize tries several names
		return nil, fs.ErrNotExist
	}
	data, err := t.files.Read(name)
	if err != nil {
		return nil, Fault{File: shown, Message: lastPart(err)}
	}
	if t.bytes += len(data); t.bytes > mostBytes {
		return nil, Fault{File: shown, Message: "must be part of a kustomization that reads at most 256 MiB"}
	}
	t.written[name] = data
	if !t.isKustomization(name) {
		return data, t.checkData(shown, data)
	}
	if err := t.files.CheckYAML(shown, data); err != nil {
		return nil, err
	}
	if t.kustomized++; t.kustomized > mostKustomizations {
		return nil, Fault{File: shown, Message: "must be part of at most 1000 kustomizations that are built for one"}
	}
	if err := t.check(name, shown, data); err != nil {
		return nil, err
	}
	if filepath.Dir(name) == t.root {
		t.file = shown
		return t.withOrigins(data)
	}
	return data, nil
}

// name is a path as a person would name it, seen from the folder that they named.
func (t *fileSystem) name(absolute string) string {
	below, err := filepath.Rel(t.root, absolute)
	if err != nil {
		return absolute
	}
	return filepath.Join(t.shown, below)
}

// checkData is a fault of a file that is no kustomization: a text that expands, or the
// settings of a plug-in that name something to fetch.
func (t *fileSystem) checkData(shown string, data []byte) error {
	switch strings.ToLower(filepath.Ext(shown)) {
	case ".yaml", ".yml", ".json":
		if err := t.files.CheckYAML(shown, data); err != nil {
			return err
		}
		if builtinSettings.Match(data) && strings.Contains(string(data), "://") {
			return Fault{File: shown, Message: "must name files, got a URL: nothing is fetched"}
		}
	}
	return nil
}
