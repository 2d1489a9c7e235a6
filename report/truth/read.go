package truth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// longestLine bounds the memory that a line can take.
const longestLine = 16 << 20

// ReadRecording reads watch events, one a line as JSON, or the compact form that
// [Timeline.Write] writes; either can be compressed with gzip. Errors begin with
// name and the number of the line.
//
// An event is {"t": seconds since 1970, "type": "ADDED", "object": {…}} with a
// whole object of the API, or the flat {"rel": seconds, "type", "kind", "ns",
// "name", "uid", "owner", …}. A line of type MARK is a step: {"t", "type":
// "MARK", "name": "scale web to 5"}.
func ReadRecording(name string, r io.Reader) (*Timeline, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: must be a gzip stream, got %w", name, err)
		}
		in = bufio.NewReader(unpacked)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	g := &gather{objects: map[string]*object{}}
	var compact *Timeline
	number := 0
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var err error
		switch {
		case number == 1 && isHead(line):
			compact, err = &Timeline{}, checkHead(line)
		case compact != nil:
			err = compact.decode(line)
		default:
			err = g.decode(line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%s:%d: line: must be at most %d bytes long", name, number+1, longestLine)
	case err != nil:
		return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
	case compact != nil:
		compact.sort()
		return compact, nil
	case !g.began:
		return nil, fmt.Errorf("%s:%d: must hold the ADDED event of at least one Pod or workload, got none", name,
			max(number, 1))
	}
	return g.timeline(), nil
}

func (g *gather) decode(line []byte) error {
	e, err := decodeEvent(line)
	if e != nil {
		g.add(e)
	}
	return err
}

// head is the first line of the compact form.
type head struct {
	Schema string `json:"schema"`
}

func isHead(line []byte) bool {
	var h map[string]json.RawMessage
	return json.Unmarshal(line, &h) == nil && len(h["schema"]) > 0
}

func checkHead(line []byte) error {
	var h head
	if err := json.Unmarshal(line, &h); err != nil {
		return explain(err)
	}
	if h.Schema != Schema {
		return fmt.Errorf("schema: must be %q, got %.80q", Schema, h.Schema)
	}
	return nil
}

func (t *Timeline) decode(line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var e Entry
	if err := d.Decode(&e); err != nil {
		return explain(err)
	}
	if d.More() {
		return errors.New("line: must hold one JSON object, got more after it")
	}
	if err := e.check(); err != nil {
		return err
	}
	t.Entries = append(t.Entries, e)
	return nil
}

// mostPods bounds what one line can stand for.
const mostPods = 1_000_000

func (e Entry) check() error {
	switch {
	case !slices.Contains(kindOrder, e.Kind):
		return fmt.Errorf("kind: must be one of %v, got %.40q", kindOrder, e.Kind)
	case e.Kind != Step && e.Object == "":
		return errors.New("object: must be given, got none")
	case e.N < 0 || e.N > mostPods:
		return fmt.Errorf("n: must be from 0 to %d, got %d", mostPods, e.N)
	case e.N > 0 && !e.Kind.ofPods():
		return fmt.Errorf("n: must not be given with %s", e.Kind)
	case e.Over < 0:
		return fmt.Errorf("over: must be at least 0, got %s", e.Over)
	case e.Revision < 0:
		return fmt.Errorf("revision: must be at least 0, got %d", e.Revision)
	case e.Kind == Bound && e.Node == "":
		return errors.New("node: must be given, got none")
	}
	return nil
}
