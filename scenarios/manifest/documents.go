package manifest

import (
	"bytes"
	"encoding/json"
)

// document is one document of a file. line is where it starts, from 1.
type document struct {
	file string
	line int
	text []byte
	// from are the lines of the file that those of the text come from; nil for the
	// lines from line on.
	from []int
	// written is the text as the file has it, before it is changed; nil for text.
	written []byte
}

// source is where the object of a document was declared.
func (d document) source() Source {
	text := d.text
	if d.written != nil {
		text = d.written
	}
	lines := NewLines(text, d.line-1)
	lines.from = d.from
	return Source{File: d.file, Lines: lines}
}

// lineOf is the line of the file that line n of the text comes from.
func (d document) lineOf(n int) int {
	switch {
	case d.from != nil:
		return origin(d.from, n)
	case d.written != nil:
		return d.line
	}
	return d.line + n - 1
}

// split cuts a file into its documents at lines that begin with "---" or are "...",
// and JSON at the end of each value.
func split(file string, data []byte) ([]document, error) {
	if err := CheckText(file, data); err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var documents []document
	current := document{file: file, line: 1}
	n, begin, end := 0, 0, 0 // lines, and where the document is
	for line := range bytes.Lines(data) {
		n++
		if separates(line) {
			current.text = data[begin:end:end]
			documents = append(documents, current)
			current, begin = document{file: file, line: n + 1}, end+len(line)
		}
		end += len(line)
	}
	current.text = data[begin:]
	documents = append(documents, current)
	var list []document
	for _, d := range documents {
		if !blank(d.text) {
			list = append(list, d.values()...)
		}
	}
	return list, nil
}

// separates reports whether a line stands between two documents.
func separates(line []byte) bool {
	if bytes.HasPrefix(line, []byte("...")) {
		return len(bytes.TrimSpace(commentless(line[3:]))) == 0
	}
	return bytes.HasPrefix(line, []byte("---")) && len(bytes.TrimSpace(bytes.TrimLeft(commentless(line), "-"))) == 0
}

// values cuts a document of JSON values that stand one after the other, as programs
// write them. A text that is no JSON at its begin stays whole: YAML can begin with a
// bracket, too. What follows of JSON is left to the reader, which says what it is.
func (d document) values() []document {
	if start := bytes.TrimSpace(d.text); len(start) == 0 || start[0] != '{' {
		return []document{d}
	}
	var list []document
	reader := json.NewDecoder(bytes.NewReader(d.text))
	part := func(begin, end int64) document {
		return document{file: d.file, line: d.line + bytes.Count(d.text[:begin], []byte("\n")), text: d.text[begin:end]}
	}
	for begin := int64(0); ; {
		var value json.RawMessage
		if err := reader.Decode(&value); err != nil {
			if rest := part(begin, int64(len(d.text))); !blank(rest.text) {
				list = append(list, rest)
			}
			return list
		}
		list = append(list, part(begin, reader.InputOffset()))
		begin = reader.InputOffset()
	}
}

func commentless(line []byte) []byte {
	if i := bytes.Index(line, []byte(" #")); i >= 0 {
		return line[:i]
	}
	return line
}

// blank reports whether a document holds nothing but space and comments.
func blank(text []byte) bool {
	for line := range bytes.Lines(text) {
		if t := bytes.TrimSpace(line); len(t) > 0 && t[0] != '#' {
			return false
		}
	}
	return true
}
