package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Reader reads the stream that Writer writes, one record at a time and
// strictly: an unknown kind or member is an error.
type Reader struct {
	name  string
	in    *bufio.Reader
	line  int
	long  []byte // a line that outgrew the buffer
	cut   bool   // the line has no end
	lines rolling

	changed []error

	stopped bool // AfterStop was called
	shown   bool // ForShow was called
	err     error
}

// NewReader returns a Reader of r. Its errors begin with name, usually that of
// the file, and the number of the line.
func NewReader(name string, r io.Reader) *Reader {
	return &Reader{name: name, in: bufio.NewReaderSize(r, 1<<16), lines: newRolling()}
}

// AfterStop makes a last line that was cut off count as none: whoever wrote it was
// stopped. What the stream lacks shows by the replications that have no end.
func (r *Reader) AfterStop() *Reader {
	r.stopped = true
	return r
}

// ForShow makes control characters in texts be read as their escapes, \n: nothing
// of the stream steers the terminal where it is shown.
func (r *Reader) ForShow() *Reader {
	r.shown = true
	return r
}

// Next returns the next record, by value, or io.EOF after the last. The first
// is always a Run of a known schema and no other is. An error is final.
func (r *Reader) Next() (Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	rec, err := r.next()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			err = r.Fault(err)
		}
		r.err = err
		return nil, err
	}
	return rec, nil
}

// Changed says of which replications, so far, the records are not those that were
// written, by the hash in their End. They may have been edited, or a part left out.
func (r *Reader) Changed() []error { return r.changed }

// Each gives f every record that is left. It stops at the first error; one of f
// gets the place of the record before it.
func (r *Reader) Each(f func(Record) error) error {
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(rec); err != nil {
			return r.Fault(err)
		}
	}
}

// Fault puts the place of the record that Next returned last before an error,
// for readers that find fault with what it says.
func (r *Reader) Fault(err error) error {
	return fmt.Errorf("%s:%d: %w", r.name, max(r.line, 1), err)
}

func (r *Reader) next() (Record, error) {
	first := r.line == 0
	line, err := r.readLine()
	switch {
	case err == io.EOF && first:
		return nil, errors.New(`kind: must be "run" in the first record, got an empty stream`)
	case err != nil:
		return nil, err
	}
	written := line
	if r.shown {
		line = printable(line)
	}
	rec, err := decodeLine(line)
	if err != nil {
		if r.stopped && r.cut && !first {
			return nil, io.EOF
		}
		return nil, err
	}
	run, isRun := rec.(Run)
	switch {
	case isRun != first:
		return nil, fmt.Errorf(`kind: must be "run" in the first record and in no other, got %q`, rec.Kind())
	case isRun && run.Schema != Schema:
		return nil, fmt.Errorf("schema: must be %q, got %q", Schema, run.Schema)
	case isRun:
		return rec, nil
	}
	if end, is := rec.(End); is {
		if r.lines.changed(end) {
			r.changed = append(r.changed,
				r.Fault(fmt.Errorf("the records of replication %d are not as they were written", end.Replication)))
		}
		return rec, nil
	}
	r.lines.add(written)
	r.lines.add([]byte("\n"))
	return rec, nil
}

// readLine returns the next line without its end. The slice is valid until
// the next call.
func (r *Reader) readLine() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil || err == io.EOF && len(r.long)+len(part) > 0 {
			r.line++
			r.cut = err == io.EOF
			if len(r.long) == 0 {
				return bytes.TrimSuffix(part, []byte("\n")), nil
			}
			r.long = append(r.long, part...)
			return bytes.TrimSuffix(r.long, []byte("\n")), nil
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
		if r.long = append(r.long, part...); len(r.long) > maxLine {
			r.line++
			return nil, fmt.Errorf("line: must be at most %d MiB long", maxLine>>20)
		}
	}
}

// maxLine is the longest line that is read, in bytes. The longest that Writer
// writes are headers with some thousand expectations.
const maxLine = 64 << 20

// decodeLine reads one record. The kind is cut out of the object because the
// types of the records do not have it as a field.
func decodeLine(line []byte) (Record, error) {
	name, object, err := cutKind(line)
	if err != nil {
		return nil, err
	}
	k, ok := findKind(name)
	if !ok {
		return nil, fmt.Errorf("kind: must be one of %s, got %q", strings.Join(Kinds(), ", "), name)
	}
	return k.decode(object)
}

// cutKind takes the member "kind" out of a JSON object. Writer puts it first,
// so that its lines need not be taken apart; any other place works too.
func cutKind(line []byte) (name string, object []byte, err error) {
	if rest, ok := bytes.CutPrefix(line, []byte(`{"kind":"`)); ok {
		end := bytes.IndexAny(rest, `"\`)
		if end >= 0 && bytes.HasPrefix(rest[end:], []byte(`","`)) {
			return string(rest[:end]), append([]byte("{"), rest[end+len(`",`):]...), nil
		}
	}
	var members map[string]json.RawMessage
	if err := decodeStrict(line, &members); err != nil {
		return "", nil, err
	}
	raw, ok := members["kind"]
	if !ok {
		return "", nil, errors.New("kind: must be given, got none")
	}
	if err := json.Unmarshal(raw, &name); err != nil {
		return "", nil, fmt.Errorf("kind: must be a string, got %s", raw)
	}
	delete(members, "kind")
	object, err = json.Marshal(members)
	return name, object, err
}

// decodeStrict reads exactly one JSON value into v and refuses members that v
// does not have.
func decodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return explain(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("line: must hold one JSON object, got more after it")
	}
	return nil
}

// explain turns an error of encoding/json into "member: must …, got …".
func explain(err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		member := wrongType.Field
		if member == "" {
			member = "line"
		}
		return fmt.Errorf("%s: must be %s, got %s", member, jsonType(wrongType), wrongType.Value)
	case errors.As(err, &syntax), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line: must be a JSON object, got %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if member, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("%s: must not be given, got a member that this kind does not have", strings.Trim(member, `"`))
	}
	return err
}
