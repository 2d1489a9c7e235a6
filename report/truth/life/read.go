package life

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/kube-rehearse/rehearse/report/truth"
)

const (
	// longest is the latest time of an entry, in seconds: a month.
	longest = 31 * 24 * 3600
	// backwards is how far the clock of a run may go back, in seconds: watches of two
	// kinds come on two connections.
	backwards = 1.0
)

// Read reads a recording: events as they were recorded, or the compact form that
// [Recording.Write] writes; either may be compressed with gzip. Errors begin with
// name and the number of the line.
func Read(name string, r io.Reader) (*Recording, error) {
	p := parser{watch: newWatch(), last: map[int]float64{}, said: map[Entry]bool{}}
	last, err := truth.EachLine(name, r, p.line)
	if err != nil {
		return nil, err
	}
	if !p.compact {
		p.out = p.watch.recording()
	}
	if len(p.out.Entries) == 0 {
		return nil, fmt.Errorf("%s:%d: must hold the life of at least one pod, got none", name, max(last, 1))
	}
	return &p.out, nil
}

// parser reads one line after the other.
type parser struct {
	compact bool
	out     Recording
	watch   *watch
	last    map[int]float64 // time of the newest line, by run
	said    map[Entry]bool
}

func (p *parser) line(number int, line []byte) error {
	if number == 1 {
		var head struct {
			Schema *string `json:"schema"`
		}
		if json.Unmarshal(line, &head) == nil && head.Schema != nil {
			p.compact = true
			if *head.Schema != Schema {
				return fmt.Errorf("schema: must be %q, got %.80q", Schema, *head.Schema)
			}
			return nil
		}
	}
	if p.compact {
		return p.entry(line)
	}
	return p.event(line)
}

func (p *parser) entry(line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var e Entry
	if err := d.Decode(&e); err != nil {
		return fmt.Errorf("line: must be an entry, got %w", err)
	}
	switch {
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("kind: must be one of %v, got %.40q", kinds, e.Kind)
	case e.Pod < 0 || e.Pod > 100_000 || e.Life < 0:
		return fmt.Errorf("pod: must be from 0 to 100000, and life at least 0, got %d and %d", e.Pod, e.Life)
	}
	if err := p.clock(e.Run, e.T); err != nil {
		return err
	}
	if p.said[e] {
		return errors.New("line: must say something new, got an entry that was there before")
	}
	p.said[e] = true
	p.out.Entries = append(p.out.Entries, e)
	return nil
}

// clock checks the time of a line.
func (p *parser) clock(run int, t float64) error {
	switch last, known := p.last[run]; {
	case run < 1:
		return fmt.Errorf("run: must be at least 1, got %d", run)
	case t < -60 || t > longest:
		return fmt.Errorf("t: must be from -60 s to %d s, got %g", longest, t)
	case known && t < last-backwards:
		return fmt.Errorf("t: must not go back, got %.3f s after %.3f s", t, last)
	}
	p.last[run] = max(p.last[run], t)
	return nil
}

func (p *parser) event(line []byte) error {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("line: must be an event, got %w", err)
	}
	if e.Rel == nil {
		return errors.New("rel: must be the seconds since the pod was created, got none")
	}
	if e.Run == 0 {
		e.Run = 1
	}
	if err := p.clock(e.Run, *e.Rel); err != nil {
		return err
	}
	return p.watch.add(&e)
}
