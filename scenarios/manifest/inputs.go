package manifest

import (
	"io/fs"
	"os"
	"sync"
)

// Inputs are the files that a command has read. No output may take the place of
// one of them. It keeps the text of pipes, which can be read only once.
type Inputs struct {
	mutex sync.Mutex
	files []input
	pipes map[string][]byte
}

type input struct {
	name string
	info fs.FileInfo
}

// Add notes a file that is read.
func (i *Inputs) Add(name string, info fs.FileInfo) {
	if i == nil {
		return
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for _, known := range i.files {
		if known.name == name && os.SameFile(known.info, info) {
			return
		}
	}
	i.files = append(i.files, input{name, info})
}

// Same is the name of the input that is the file described by info, by whatever
// name or link, "" when none is.
func (i *Inputs) Same(info fs.FileInfo) string {
	if i == nil {
		return ""
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for _, known := range i.files {
		if os.SameFile(known.info, info) {
			return known.name
		}
	}
	return ""
}

// Names are the regular files that were read, in the order in which they were.
func (i *Inputs) Names() (list []string) {
	if i == nil {
		return nil
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for _, f := range i.files {
		if f.info.Mode().IsRegular() {
			list = append(list, f.name)
		}
	}
	return list
}

// once reads a pipe, or what it gave before.
func (i *Inputs) once(name string, read func() ([]byte, error)) ([]byte, error) {
	if i == nil {
		return read()
	}
	i.mutex.Lock()
	data, known := i.pipes[name]
	i.mutex.Unlock()
	if known {
		return data, nil
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.pipes == nil {
		i.pipes = map[string][]byte{}
	}
	i.pipes[name] = data
	return data, nil
}
