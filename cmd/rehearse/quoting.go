package main

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/kube-rehearse/rehearse/scenarios"
)

// quoting writes text to a stream. It shows control characters as Go writes them,
// \x1b: text of the input can't move the cursor, change the title of a window or
// turn the direction of writing. Line feeds and tabs pass; so do colours
// ("\x1b[1;31m") and the beginning of a line anew, when the stream is a terminal
// and rehearse uses them itself.
//
// It keeps the first error of writing, which callers may overlook.
type quoting struct {
	to       io.Writer
	terminal bool
	check    func() error // asked once, before anything is written
	rest     []byte       // the begin of a character
	err      error
}

// Write implements io.Writer.
func (q *quoting) Write(p []byte) (int, error) {
	if q.check != nil && q.err == nil {
		q.err, q.check = q.check(), nil
	}
	if q.err != nil {
		return 0, q.err
	}
	text := p
	if len(q.rest) > 0 {
		text = append(q.rest, p...)
		q.rest = nil
	}
	var b []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n <= 1 && !utf8.FullRune(text) {
			q.rest = append([]byte(nil), text...)
			break
		}
		switch {
		case r == '\x1b' && q.terminal && colour(text) > 0:
			n = colour(text)
			b = append(b, text[:n]...)
		case r == '\r' && q.terminal:
			b = append(b, '\r')
		case r == '\n' || r == '\t' || !scenarios.Control(r):
			b = append(b, text[:n]...)
		default:
			b = append(b, scenarios.Visible(string(r))...)
		}
		text = text[n:]
	}
	if _, err := q.to.Write(b); err != nil {
		q.err = err
		return 0, err
	}
	return len(p), nil
}

// failed is the first error of writing, which is of where the stream leads.
func (q *quoting) failed() error {
	var told inputError
	if errors.As(q.err, &told) {
		return told
	}
	return badInput("standard output: %s", cause(q.err))
}

// colour is the length of a sequence that rehearse itself writes on terminals:
// ESC [ digits and semicolons m, or K; 0 for others.
func colour(text []byte) int {
	if len(text) < 3 || text[1] != '[' {
		return 0
	}
	for i := 2; i < len(text); i++ {
		switch c := text[i]; {
		case c == 'm' || c == 'K':
			return i + 1
		case (c < '0' || c > '9') && c != ';':
			return 0
		}
	}
	return 0
}
