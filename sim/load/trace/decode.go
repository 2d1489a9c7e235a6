package trace

import (
	"math"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// usual are the names under which each column is looked for.
var usual = struct{ Time, Input, Output, Prefix []string }{
	Time:   []string{"timestamp", "time", "t", "arrival", "seconds"},
	Input:  []string{"contexttokens", "input_length", "input_tokens", "prompt_tokens"},
	Output: []string{"generatedtokens", "output_length", "output_tokens", "completion_tokens"},
	Prefix: []string{"hash_ids"},
}

// decoder yields the requests of a file; their times count from the first.
type decoder interface {
	next(*load.Arrival) error
	good() int64
	close() error
}

func newDecoder(t *Trace) (decoder, error) {
	l, err := openLines(t.name, t.open)
	if err != nil {
		return nil, err
	}
	o := t.options
	switch o.Format {
	case Azure:
		o.Columns = Columns{Time: "TIMESTAMP", Input: "ContextTokens", Output: "GeneratedTokens"}
	case Mooncake:
		o.Columns = Columns{Time: "timestamp", Input: "input_length", Output: "output_length", Prefix: "hash_ids"}
		if o.Unit == 0 {
			o.Unit = time.Millisecond
		}
	}
	c := clock{lines: l, unit: o.Unit}
	if c.unit == 0 {
		c.unit = time.Second
	}
	first, err := l.peek()
	if err == nil && o.Format == Auto && first[0] == '{' {
		o.Format = JSONL
		if text := string(first); o.Columns == (Columns{}) && strings.Contains(text, `"hash_ids"`) &&
			strings.Contains(text, `"input_length"`) {
			o.Format = Mooncake
			if o.Unit == 0 {
				c.unit = time.Millisecond
			}
		}
	}
	if o.Format == JSONL || o.Format == Mooncake {
		return &objects{clock: c, columns: o.Columns}, nil
	}
	d, err := newTable(c, o.Columns)
	if err != nil {
		l.close()
		return nil, err
	}
	return d, nil
}

// clock makes times of a trace count from the first and go forward.
type clock struct {
	*lines
	unit        time.Duration
	begun, wall bool
	first, last int64
	lastLine    int
}

func (c *clock) good() int64  { return c.lines.good }
func (c *clock) close() error { return c.lines.close() }

func (c *clock) read(word []byte) (sim.Time, error) {
	n, wall, ok := instant(word, c.unit)
	switch {
	case !ok:
		return 0, c.fault("must be a number or a time like 2023-11-16 18:15:46.68, got %.40q", word)
	case !c.begun:
		c.begun, c.wall, c.first, c.last = true, wall, n, n
	case wall != c.wall:
		return 0, c.fault("must be a time of the same kind as the lines before, got %.40q", word)
	case n < c.last:
		return 0, c.fault("must not go backwards: %.40q is before the time of line %d", word, c.lastLine)
	}
	at := n - c.first
	if at < 0 { // of two int64 far apart
		return 0, c.fault("must be within 292 years of the first, got %.40q", word)
	}
	c.last, c.lastLine = n, c.number
	return sim.Time(at), nil
}

// tokens reads a number of tokens.
func (c *clock) tokens(word []byte, column string) (int32, error) {
	n, ok := whole(word, math.MaxInt32)
	if !ok {
		return 0, c.fault("%s: must be a whole number from 0 to %d, got %.40q", column, math.MaxInt32, word)
	}
	return int32(n), nil
}

func whole(word []byte, limit uint64) (uint64, bool) {
	n := uint64(0)
	for _, c := range word {
		d := uint64(c - '0')
		if d > 9 || n > (limit-d)/10 {
			return 0, false
		}
		n = 10*n + d
	}
	return n, len(word) > 0
}

// prefix reads a list of ids, between any of brackets, commas, semicolons and
// spaces.
func (c *clock) prefix(into []uint64, word []byte, column string) ([]uint64, error) {
	into = into[:0]
	for i := 0; i < len(word); {
		end := i
		for end < len(word) && !separates(word[end]) {
			end++
		}
		if end > i {
			id, ok := whole(word[i:end], math.MaxUint64)
			if !ok {
				return into, c.fault("%s: must be a list of whole numbers, got %.40q", column, word[i:end])
			}
			into = append(into, id)
		}
		i = end + 1
	}
	return into, nil
}

func separates(c byte) bool { return strings.IndexByte(" ,;[]\t\n\r", c) >= 0 }
