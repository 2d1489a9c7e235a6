package record

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
)

// Writer is a Sink that writes records as JSON Lines: one object a line whose
// first member is "kind". The same records always give the same bytes.
type Writer struct {
	out    *bufio.Writer
	object bytes.Buffer
	encode *json.Encoder
	lines  rolling
	err    error
}

// NewWriter returns a Writer to w. It buffers: call Flush at the end.
func NewWriter(w io.Writer) *Writer {
	writer := &Writer{out: bufio.NewWriterSize(w, 1<<16), lines: newRolling()}
	writer.encode = json.NewEncoder(&writer.object)
	writer.encode.SetEscapeHTML(false)
	return writer
}

// Write implements Sink. After an error every Write and Flush returns it.
func (w *Writer) Write(r Record) error {
	if w.err != nil {
		return w.err
	}
	if end, is := r.(End); is {
		end.Hash = cmp.Or(end.Hash, w.lines.end()) // a stream that was read keeps its own
		r = end
	}
	w.object.Reset()
	if err := w.encode.Encode(r); err != nil {
		w.err = fmt.Errorf("%s: must have a JSON form, got %w", r.Kind(), err)
		return w.err
	}
	members := bytes.TrimPrefix(w.object.Bytes(), []byte("{"))
	separator := `",`
	if bytes.HasPrefix(members, []byte("}")) {
		separator = `"`
	}
	_, hashed := r.(interface{ When() At })
	if _, isEnd := r.(End); isEnd {
		hashed = false
	}
	for _, part := range [][]byte{[]byte(`{"kind":"`), []byte(r.Kind()), []byte(separator), members} {
		if hashed {
			w.lines.add(part)
		}
		if _, w.err = w.out.Write(part); w.err != nil {
			return w.err
		}
	}
	return nil
}

// Flush hands what is buffered to the underlying writer.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}
