package render

import (
	"io/fs"
	"time"
)

// unknown is a file that can't be looked at, such as a link that leads nowhere.
type unknown struct{ name string }

func (u unknown) Name() string     { return u.name }
func (unknown) Size() int64        { return 0 }
func (unknown) Mode() fs.FileMode  { return fs.ModeSymlink }
func (unknown) ModTime() time.Time { return time.Time{} }
func (unknown) IsDir() bool        { return false }
func (unknown) Sys() any           { return nil }
