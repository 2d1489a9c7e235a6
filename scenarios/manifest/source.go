package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/kube-rehearse/rehearse/scenarios/render"
)

// MaxFile is the largest file that is read, in bytes: twenty times the
// manifests of a thousand-node cluster.
const MaxFile = 64 << 20

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Files opens what paths name. Names are shown to the user as they are.
type Files struct {
	// FS is where paths lead; nil is the file system of the machine.
	FS fs.FS
	// In is read for the path "-".
	In io.Reader
	// Inputs, if given, notes what is read.
	Inputs *Inputs
	// Pipes takes what is no regular file, too: a pipe that a person names on the
	// command line. What a file names must be a regular file.
	Pipes bool
	// Recursive reads the folders of a folder, too.
	Recursive bool
	// Roots are the folders out of which nothing is read.
	Roots Roots
}

// Read returns the content of one file.
func (f Files) Read(name string) ([]byte, error) {
	if name == Stdin {
		if f.In == nil {
			return nil, Error{File: "standard input", Message: "must be given"}
		}
		return f.Inputs.once(Stdin, func() ([]byte, error) { return limited("standard input", f.In) })
	}
	regular, err := f.regular(name)
	if err != nil {
		return nil, err
	}
	if regular {
		return f.readFile(name)
	}
	return f.Inputs.once(name, func() ([]byte, error) { return f.readFile(name) })
}

// regular reports whether a path leads to a regular file, and not to a pipe or a
// device, without opening it: opening a pipe that nobody writes to has no end.
func (f Files) regular(name string) (bool, error) {
	if f.FS != nil {
		return true, nil
	}
	if err := f.Roots.check(name); err != nil {
		return false, err
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return false, reason(name, err)
	case info.IsDir() || info.Mode().IsRegular():
		return true, nil
	case !f.Pipes:
		return false, Error{File: name, Message: "must be a file, got " + device(info.Mode())}
	}
	return false, nil
}

// IsPipe reports whether a path leads to what is no file of a folder: standard
// input, a pipe or a device.
func (f Files) IsPipe(name string) bool {
	f.Pipes = true
	regular, err := f.regular(name)
	stream := name == Stdin || name == "/dev/stdin" || strings.HasPrefix(name, "/dev/fd/") ||
		strings.HasPrefix(name, "/proc/self/fd/")
	return stream || err == nil && !regular
}

// device names what is no regular file.
func device(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

func (f Files) readFile(name string) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, reason(name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, reason(name, err)
	}
	f.Inputs.Add(name, info)
	switch {
	case info.IsDir():
		return nil, Error{File: name, Message: "must be a file, got a folder"}
	case info.Size() > MaxFile:
		return nil, Error{File: name, Message: fmt.Sprintf("must be at most %d MiB, got %d MiB", MaxFile>>20,
			info.Size()>>20)}
	}
	return limited(name, file)
}

// Open begins to read a file of any size, which may be opened again.
func (f Files) Open(name string) (fs.File, error) {
	if name == Stdin {
		return nil, Error{File: "standard input", Message: "must be a file, which can be read again"}
	}
	f.Pipes = false
	if _, err := f.regular(name); err != nil {
		return nil, err
	}
	file, err := f.open(name)
	if err != nil {
		return nil, reason(name, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, reason(name, err)
	}
	f.Inputs.Add(name, info)
	if info.IsDir() {
		file.Close()
		return nil, Error{File: name, Message: "must be one file, got a folder"}
	}
	return file, nil
}

func (f Files) open(name string) (fs.File, error) {
	if f.FS != nil {
		return f.FS.Open(path.Clean(filepath.ToSlash(name)))
	}
	return os.Open(name)
}

func limited(name string, r io.Reader) ([]byte, error) {
	var text bytes.Buffer
	if file, is := r.(fs.File); is {
		if info, err := file.Stat(); err == nil {
			text.Grow(int(min(info.Size(), MaxFile)) + bytes.MinRead)
		}
	}
	_, err := text.ReadFrom(io.LimitReader(r, MaxFile+1))
	data := text.Bytes()
	if err != nil {
		return nil, reason(name, err)
	}
	if len(data) > MaxFile {
		return nil, Error{File: name, Message: fmt.Sprintf("must be at most %d MiB", MaxFile>>20)}
	}
	return data, nil
}

// reason gives the cause of a failed file operation without the operation.
func reason(name string, err error) error {
	var told Error
	if errors.As(err, &told) {
		return told
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return Error{File: name, Message: text}
}

// Expand lists the files that a path names: itself, or for a folder its files that end in .yaml, .yml or .json,
// by name, and with Recursive those of its folders after them, as kubectl does. A chart and a kustomization are
// listed as folders. It passes over the other entries of a folder: passed says of each what it is, and of a
// folder how many files are there.
func (f Files) Expand(name string) (files []string, passed []Error, err error) {
	if name == Stdin {
		return []string{name}, nil, nil
	}
	info, err := f.stat(name)
	if err != nil {
		return nil, nil, reason(name, err)
	}
	if kind, _ := render.Of(tree{f}, name); kind != render.Plain || !info.IsDir() {
		return []string{name}, nil, nil
	}
	files, passed, err = f.list(name)
	if err == nil && len(files) == 0 {
		return nil, passed, Error{File: name, Message: "must hold at least one .yaml, .yml or .json file" + below(passed)}
	}
	return files, passed, err
}

// IsFolder reports whether a path leads to a folder.
func (f Files) IsFolder(name string) (bool, error) {
	if name == Stdin {
		return false, nil
	}
	info, err := f.stat(name)
	if err != nil {
		return false, reason(name, err)
	}
	return info.IsDir(), nil
}

func (f Files) stat(name string) (fs.FileInfo, error) {
	if f.FS == nil {
		if err := f.Roots.check(name); err != nil {
			return nil, err
		}
	}
	if f.FS != nil {
		return fs.Stat(f.FS, path.Clean(filepath.ToSlash(name)))
	}
	return os.Stat(name)
}

// CheckText reports data that is no UTF-8 text, with the line where it shows.
func CheckText(file string, data []byte) error {
	i := 0
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return Error{File: file, Line: 1, Message: "must be UTF-8, got UTF-16"}
	}
	for i < len(data) {
		r, n := utf8.DecodeRune(data[i:])
		if (r == utf8.RuneError && n == 1) || r == 0 {
			return Error{File: file, Line: 1 + bytes.Count(data[:i], []byte("\n")),
				Message: "must be UTF-8 text, got binary data"}
		}
		i += n
	}
	return nil
}
