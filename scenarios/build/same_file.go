package build

import (
	"errors"
	"io"
	"io/fs"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/load/trace"
)

// sameFile opens a file again and again, each time as it was the first time. It
// is an error when somebody has changed it since: a trace is checked before the
// run and played in each replication.
func sameFile(files manifest.Files, name string) func() (io.ReadCloser, error) {
	var first fs.FileInfo
	return func() (io.ReadCloser, error) {
		file, err := files.Open(name)
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
		return wire.Error{File: u.name, Message: err.Error()}
	case u.first == nil:
		u.first = info
	case info.Size() != u.first.Size() || !info.ModTime().Equal(u.first.ModTime()):
		return wire.Error{File: u.name, Message: "must stay as it was when it was checked, but was changed since"}
	}
	return nil
}

// checkedTrace is a trace whose errors are faults of the input.
type checkedTrace struct{ load.Trace }

// Next implements load.Trace.
func (c checkedTrace) Next(a *load.Arrival) error {
	err := c.Trace.Next(a)
	var in *trace.Error
	if errors.As(err, &in) {
		return wire.Error{File: in.File, Line: in.Line, Message: in.Text()}
	}
	return err
}
