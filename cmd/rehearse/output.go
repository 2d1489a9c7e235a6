package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/kube-rehearse/rehearse/scenarios"
)

// outputs are the files that a command is writing. Each is written beside its
// place and takes it when it is whole.
type outputs struct {
	mutex sync.Mutex
	open  map[*output]bool
}

// output is a file that is being written.
type output struct {
	file  *os.File
	all   *outputs
	flag  string
	place string // where it goes to; "" when it is written in place: a pipe or a device
}

// create begins to write the file that a flag names. It is an error when nothing
// can be written there, or when the file was read, by whatever name or link.
func (s Streams) create(flag, path string) (*output, error) {
	fault := func(format string, arguments ...any) error {
		return badInput("%s: %s: %w", flag, scenarios.Visible(path), fmt.Errorf(format, arguments...))
	}
	place, info, err := resolve(path)
	if err != nil {
		return nil, fault("%s", cause(err))
	}
	if info != nil {
		if name := s.inputs.Same(info); name != "" {
			return nil, fault("must be another file than what is read, got %s", scenarios.Visible(name))
		}
		switch {
		case info.IsDir():
			return nil, fault("must be a file, got a folder")
		case !info.Mode().IsRegular():
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return nil, fault("%s", cause(err))
			}
			return s.outputs.add(&output{file: file, flag: flag}), nil
		case s.isStandard(info):
			return nil, fault("must be another file than standard output and error")
		}
	}
	if other := s.outputs.to(place); other != "" {
		return nil, fault("must be another file than that of %s", other)
	}
	file, err := beside(place, info)
	if err != nil {
		return nil, fault("%s", cause(err))
	}
	return s.outputs.add(&output{file: file, flag: flag, place: place}), nil
}

// resolve follows the links of a path. info is nil when there is no file yet.
func resolve(path string) (place string, info fs.FileInfo, err error) {
	const mostLinks = 40
	for range mostLinks {
		link, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		if link.Mode()&fs.ModeSymlink == 0 {
			return path, link, nil
		}
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return path, info, nil // as /dev/stdout: the link is no path
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", nil, err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", nil, errors.New("too many links")
}

// beside creates a file in the folder of a place, with the mode of what is there.
func beside(place string, there fs.FileInfo) (*os.File, error) {
	mode := fs.FileMode(0o666)
	if there != nil {
		mode = there.Mode().Perm()
		if mode&0o200 == 0 {
			return nil, fs.ErrPermission // renaming would get around it
		}
	}
	const tries = 100
	for i := range tries {
		name := fmt.Sprintf(".%s.%d-%d.part", filepath.Base(place), os.Getpid(), i)
		file, err := os.OpenFile(filepath.Join(filepath.Dir(place), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return nil, fs.ErrExist
}

// isStandard reports whether a file is what standard output or error goes to.
func (s Streams) isStandard(info fs.FileInfo) bool {
	for _, w := range []any{s.Out, s.Err} {
		if q, is := w.(*quoting); is {
			w = q.to
		}
		if f, is := w.(*os.File); is {
			if stream, err := f.Stat(); err == nil && os.SameFile(stream, info) {
				return true
			}
		}
	}
	return false
}

// commit puts a whole file into its place.
func (o *output) commit() error {
	err := o.file.Close()
	if err == nil && o.place != "" {
		err = os.Rename(o.file.Name(), o.place)
	}
	if err != nil {
		o.discard()
		return o.failed(err)
	}
	o.all.remove(o)
	return nil
}

// failed is an error of writing, told with the flag and the place.
func (o *output) failed(err error) error {
	place := o.place
	if place == "" {
		place = o.file.Name()
	}
	return badInput("%s: %s: %s", o.flag, scenarios.Visible(place), cause(err))
}

// Write implements io.Writer. Its errors are of the place, which is the user's.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	if err != nil {
		err = o.failed(err)
	}
	return n, err
}

// discard leaves nothing behind of what was written, and what was there before as
// it was. After commit it does nothing.
func (o *output) discard() {
	if !o.all.remove(o) {
		return
	}
	o.file.Close()
	if o.place != "" {
		os.Remove(o.file.Name())
	}
}

func (a *outputs) add(o *output) *output {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.open == nil {
		a.open = map[*output]bool{}
	}
	o.all, a.open[o] = a, true
	return o
}

func (a *outputs) remove(o *output) (was bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	was = a.open[o]
	delete(a.open, o)
	return was
}

// to is the flag of an output that goes to a place, "" when none does.
func (a *outputs) to(place string) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for o := range a.open {
		if o.place != "" && filepath.Clean(o.place) == filepath.Clean(place) {
			return o.flag
		}
	}
	return ""
}

// discardAll leaves nothing behind of files that are not whole.
func (a *outputs) discardAll() {
	a.mutex.Lock()
	open := make([]*output, 0, len(a.open))
	for o := range a.open {
		open = append(open, o)
	}
	a.mutex.Unlock()
	for _, o := range open {
		o.discard()
	}
}

// cause is the reason of a failed file operation, without the operation.
func cause(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

// refuseInput is an error when a stream goes to a file that was read.
func refuseInput(stream io.Writer, inputs *scenarios.Inputs) error {
	f, is := stream.(*os.File)
	if !is {
		return nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if name := inputs.Same(info); name != "" {
		return badInput("standard output: must be another file than what is read, got %s", scenarios.Visible(name))
	}
	return nil
}
