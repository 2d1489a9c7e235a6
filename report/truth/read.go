package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ReadRecording reads watch events, one a line as JSON, or the compact form that
// [Timeline.Write] writes; either can be compressed with gzip. Errors begin with
// name and the number of the line.
//
// An event is {"t": seconds since 1970, "type": "ADDED", "object": {…}} with a
// whole object of the API, or the flat {"rel": seconds, "type", "kind", "ns",
// "name", "uid", "owner", …}. A line of type MARK is a step: {"t", "type":
// "MARK", "name": "scale web to 5"}.
func ReadRecording(name string, r io.Reader) (*Timeline, error) {
	g := newGather()
	var compact *Timeline
	last, err := EachLine(name, r, func(number int, line []byte) error {
		switch {
		case number == 1 && isHead(line):
			compact = &Timeline{}
			return compact.head(line)
		case compact != nil:
			return compact.decode(line)
		}
		return g.decode(line)
	})
	switch {
	case err != nil:
		return nil, err
	case compact != nil:
		compact.sort()
		return compact, nil
	case !g.began:
		return nil, fmt.Errorf("%s:%d: must hold the ADDED event of at least one Pod or workload, got none", name,
			max(last, 1))
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
	Schema  string   `json:"schema"`
	Watched []string `json:"watched,omitempty"`
}

func isHead(line []byte) bool {
	var h map[string]json.RawMessage
	return json.Unmarshal(line, &h) == nil && len(h["schema"]) > 0
}

func (t *Timeline) head(line []byte) error {
	var h head
	if err := json.Unmarshal(line, &h); err != nil {
		return explain(err)
	}
	if h.Schema != Schema {
		return fmt.Errorf("schema: must be %q, got %.80q", Schema, h.Schema)
	}
	if t.Watched = h.Watched; h.Watched == nil {
		t.Watched = before
	}
	for _, kind := range t.Watched {
		if !followed(kind) && kind != deploymentStatus && kind != availability && kind != nodeTaints {
			return fmt.Errorf("watched: must be kinds that are compared, such as %s, got %.40q", before, kind)
		}
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
