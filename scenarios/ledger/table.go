package ledger

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// State is what becomes of a field.
type State string

const (
	// Simulated fields change what happens as in a real cluster.
	Simulated State = "simulated"
	// NoEffect is of fields that can't change capacity, OOM risk or downtime.
	NoEffect State = "no-effect"
	// NotSimulated is of fields that a real cluster acts on and the simulation does
	// not.
	NotSimulated State = "not-simulated"
)

// all ends a path that stands for all fields below it.
const all = ".**"

// Row is a line of the table.
type Row struct {
	// Path begins at a Go type and goes down by JSON names, with [] for the elements
	// of a list.
	Path  string
	State State
	// Text is why it has no effect, what follows of it not being simulated, or how
	// it is; "" for nothing to say.
	Text string
	// Below says that the row of something simulated stands for all fields below.
	Below bool
	// Section is the heading above it.
	Section string
}

//go:embed fields.txt
var fields string

var table = sync.OnceValue(func() *ledger {
	l, err := parse(fields)
	if err != nil {
		panic(err) // the file is a part of the program, and a test reads it
	}
	return l
})

// Rows are all rows, in the order of the file.
func Rows() []*Row { return table().rows }

type ledger struct {
	rows   []*Row
	byPath map[string]*Row
	// above are the paths that have a row further down.
	above map[string]bool
}

func parse(text string) (*ledger, error) {
	l := &ledger{byPath: map[string]*Row{}, above: map[string]bool{}}
	section, preamble := "", true
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
			preamble = false
		case line[0] == '#':
			if !preamble {
				section = strings.TrimSpace(line[1:])
			}
		default:
			r, err := parseRow(line)
			if err == nil && l.byPath[r.Path] != nil {
				err = fmt.Errorf("%s stands there twice", r.Path)
			}
			if err != nil {
				return nil, fmt.Errorf("fields.txt:%d: %w", i+1, err)
			}
			r.Section = section
			l.add(r)
		}
	}
	return l, nil
}

func parseRow(line string) (*Row, error) {
	path, rest, _ := strings.Cut(line, " ")
	state, text, _ := strings.Cut(strings.TrimSpace(rest), " ")
	r := &Row{State: State(state), Text: strings.TrimSpace(text)}
	r.Path, r.Below = strings.CutSuffix(path, all)
	switch r.State {
	case Simulated:
	case NoEffect, NotSimulated:
		if r.Text == "" {
			return nil, fmt.Errorf("%s: must say why, or what follows", r.Path)
		}
	default:
		return nil, fmt.Errorf("%s: must be simulated, no-effect or not-simulated, got %q", r.Path, state)
	}
	return r, nil
}

func (l *ledger) add(r *Row) {
	l.rows = append(l.rows, r)
	l.byPath[r.Path] = r
	for path := r.Path; ; {
		if list, is := strings.CutSuffix(path, "[]"); is {
			l.above[list] = true
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return
		}
		path = path[:i]
		l.above[path] = true
	}
}
