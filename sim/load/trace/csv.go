package trace

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/load"
)

// table reads CSV. It keeps no line and allocates nothing for one, which
// encoding/csv would.
type table struct {
	clock
	names                       Columns
	time, input, output, prefix int // columns; -1 is none
	cells                       [][]byte
}

// newTable reads the header, if there is one: a first line whose first cell is
// no time. Columns that are named must stand in it.
func newTable(c clock, names Columns) (*table, error) {
	t := &table{clock: c, names: names, time: 0, input: -1, output: -1, prefix: -1}
	first, err := t.lines.peek()
	if err != nil {
		return t, nil // for next
	}
	t.split(first)
	_, _, isTime := instant(t.cells[0], c.unit)
	if isTime && names == (Columns{}) {
		return t, nil
	}
	t.lines.peeked = false
	header := make([]string, len(t.cells))
	for i, cell := range t.cells {
		header[i] = string(cell)
	}
	for _, column := range []struct {
		into  *int
		name  *string
		usual []string
	}{{&t.time, &t.names.Time, usual.Time}, {&t.input, &t.names.Input, usual.Input},
		{&t.output, &t.names.Output, usual.Output}, {&t.prefix, &t.names.Prefix, usual.Prefix}} {
		given := *column.name != ""
		candidates := column.usual
		if given {
			candidates = []string{strings.ToLower(*column.name)}
		}
		i := slices.IndexFunc(header, func(h string) bool { return slices.Contains(candidates, strings.ToLower(h)) })
		switch {
		case i >= 0:
			*column.into, *column.name = i, header[i]
		case given:
			return nil, t.fault("must have a column %q, got %.200s", *column.name, strings.Join(header, ", "))
		}
	}
	return t, nil
}

// split cuts a line into cells: at commas outside quotes, which go.
func (t *table) split(line []byte) {
	t.cells = t.cells[:0]
	quoted, from := false, 0
	for i := 0; i <= len(line); i++ {
		switch {
		case i == len(line) || (line[i] == ',' && !quoted):
			cell := bytes.TrimSpace(line[from:i])
			if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
				cell = bytes.TrimSpace(cell[1 : n-1])
			}
			t.cells, from = append(t.cells, cell), i+1
		case line[i] == '"':
			quoted = !quoted
		}
	}
}

// next reads a line. The columns of the header must all be there.
func (t *table) next(a *load.Arrival) error {
	line, err := t.lines.next()
	for err == nil && line[0] == '#' {
		line, err = t.lines.next()
	}
	if err != nil {
		return err
	}
	t.split(line)
	if needed := 1 + max(t.time, t.input, t.output, t.prefix); len(t.cells) < needed {
		return t.fault("must have at least %d columns, got %d", needed, len(t.cells))
	}
	if a.At, err = t.read(t.cells[t.time]); err != nil {
		return err
	}
	a.Input, a.Output, a.Prefix = 0, 0, a.Prefix[:0]
	if t.input >= 0 {
		if a.Input, err = t.tokens(t.cells[t.input], t.names.Input); err != nil {
			return err
		}
	}
	if t.output >= 0 {
		if a.Output, err = t.tokens(t.cells[t.output], t.names.Output); err != nil {
			return err
		}
	}
	if t.prefix >= 0 {
		if a.Prefix, err = t.clock.prefix(a.Prefix, t.cells[t.prefix], t.names.Prefix); err != nil {
			return err
		}
	}
	t.lines.good++
	return nil
}
