package manifest

import (
	"errors"
	"io"
	"io/fs"
)

// Again opens a file again and again, each time as it was the first time. It
// is an error when somebody has changed it since: a trace is checked before the
// run and played in each replication.
func (f Files) Again(name string) func() (io.ReadCloser, error) {
	var first fs.FileInfo
	return func() (io.ReadCloser, error) {
		file, err := f.Open(name)
		if err != nil {
			return nil, err
		}
		opened := &unchanged{File: file, name: name, first: first}
		if err := opened.check(); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if first == nil { // later openings are of replications side by side
			first = opened.first
		}
		return opened, nil
	}
}

// unchanged is a file that was as it is now when it was opened first.
type unchanged struct {
	fs.File
	name  string
	first fs.FileInfo // nil at the first time
}

// Read implements io.Reader. At the end it checks again: a file that was cut
// while it was read ends early.
func (u *unchanged) Read(p []byte) (int, error) {
	n, err := u.File.Read(p)
	if errors.Is(err, io.EOF) {
		if changed := u.check(); changed != nil {
			err = changed
		}
	}
	return n, err
}

func (u *unchanged) check() error {
	info, err := u.Stat()
	switch {
	case err != nil:
		return Error{File: u.name, Message: err.Error()}
	case u.first == nil:
		u.first = info
	case info.Size() != u.first.Size() || !info.ModTime().Equal(u.first.ModTime()):
		return Error{File: u.name, Message: "must stay as it was when it was checked, but was changed since"}
	}
	return nil
}
