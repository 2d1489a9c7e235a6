package manifest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/render"
)

// list is what a folder holds.
func (f Files) list(name string) (files []string, passed []Error, err error) {
	entries, err := f.entries(name)
	if err != nil {
		return nil, nil, reason(name, err)
	}
	var folders []string
	for _, e := range entries {
		file := filepath.Join(name, e.Name())
		if e.IsDir() {
			folders = append(folders, file)
			continue
		}
		if !isManifest(e.Name()) {
			continue
		}
		info, err := f.stat(file)
		switch {
		case err != nil && e.Type()&fs.ModeSymlink != 0:
			passed = append(passed, Error{File: file, Message: "a link that leads nowhere"})
		case err == nil && !info.IsDir() && !info.Mode().IsRegular():
			passed = append(passed, Error{File: file, Message: "no file but " + device(info.Mode())})
		case err == nil && info.IsDir(): // a link to a folder
		default:
			files = append(files, file)
		}
	}
	for _, folder := range folders {
		switch kind, _ := render.Of(tree{f}, folder); {
		case kind == render.Plain:
		case f.Recursive:
			files = append(files, folder)
			continue
		default:
			passed = append(passed, Error{File: folder, Message: what(kind) + " that is not read; -R reads it"})
			continue
		}
		if !f.Recursive {
			if n := f.manifestsBelow(folder, maxDepth); n > 0 {
				passed = append(passed, Error{File: folder, Message: unread(n)})
			}
			continue
		}
		more, other, err := f.list(folder)
		if err != nil {
			return nil, nil, err
		}
		files, passed = append(files, more...), append(passed, other...)
	}
	return files, passed, nil
}

func unread(n int) string {
	if n == 1 {
		return "1 file of this folder is not read; -R reads them"
	}
	return fmt.Sprintf("%d files of this folder are not read; -R reads them", n)
}

// below names the folders with files that were not read.
func below(passed []Error) string {
	for _, p := range passed {
		if strings.HasSuffix(p.Message, "-R reads them") || strings.HasSuffix(p.Message, "-R reads it") {
			return ", or -R to read those of " + p.File
		}
	}
	return ""
}

func (f Files) entries(name string) ([]fs.DirEntry, error) {
	if f.FS != nil {
		return fs.ReadDir(f.FS, path.Clean(filepath.ToSlash(name)))
	}
	return os.ReadDir(name)
}

// manifestsBelow counts the files of a folder, and of its folders down to a depth,
// whose names are those of manifests. What can't be opened counts as nothing.
func (f Files) manifestsBelow(folder string, depth int) int {
	entries, err := f.entries(folder)
	if err != nil || depth == 0 {
		return 0
	}
	n := 0
	for _, e := range entries {
		switch {
		case e.IsDir():
			n += f.manifestsBelow(filepath.Join(folder, e.Name()), depth-1)
		case isManifest(e.Name()):
			n++
		}
	}
	return n
}

var extensions = []string{".yaml", ".yml", ".json"}

func isManifest(name string) bool {
	return slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}
