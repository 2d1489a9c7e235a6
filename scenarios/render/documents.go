package render

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// documentOf finds the document of a file that holds an object of a kind and a name,
// and the line at which it begins. When none has the name, it is the one of the kind
// whose name is part of it, as prefixes and suffixes leave it.
func documentOf(data []byte, kind, name string) (document []byte, from int) {
	from = 1
	line, best := 1, 0
	for _, part := range cut(data) {
		var head struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if yaml.Unmarshal(part, &head) == nil && head.Kind == kind && head.Metadata.Name != "" {
			fit := 0
			switch {
			case name == head.Metadata.Name:
				fit = len(name) + 1
			case strings.Contains(name, head.Metadata.Name):
				fit = len(head.Metadata.Name)
			}
			if fit > best {
				document, from, best = part, line, fit
			}
		}
		line += bytes.Count(part, []byte("\n"))
	}
	return document, from
}

// cut cuts a file at the lines that separate its documents, which stay with what
// follows.
func cut(data []byte) [][]byte {
	var list [][]byte
	begin := 0
	for at := 0; at < len(data); {
		if bytes.HasPrefix(data[at:], []byte("---")) && at > begin {
			list, begin = append(list, data[begin:at]), at
		}
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return append(list, data[begin:])
}
