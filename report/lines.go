package report

import (
	"strings"
	"unicode/utf8"
)

// TextOptions say how WriteText writes. The zero value is plain text of 100
// columns.
type TextOptions struct {
	// Color adds ANSI colours; whether the reader sees them is for the
	// caller to know.
	Color bool
	// Width is that of the terminal; 0 is 100.
	Width int
	// Verbose adds the Events of replication 0 and every rollout.
	Verbose bool
}

// lines is text for a terminal: broken at its width, and coloured where it may be.
type lines struct {
	TextOptions
	out strings.Builder
}

func newLines(o TextOptions) *lines {
	if o.Width <= 0 {
		o.Width = 100
	}
	return &lines{TextOptions: o}
}

// wrapped writes a first line that begins with start, which takes length
// columns, and breaks at the width with a hanging indent.
func (l *lines) wrapped(start string, length int, text string, indent int) {
	l.out.WriteString(start)
	column := length
	lead := len(text) - len(strings.TrimLeft(text, " "))
	l.out.WriteString(text[:lead])
	column += lead
	for i, word := range splitWords(text[lead:]) {
		width := visible(word)
		switch {
		case i > 0 && column+1+width > l.Width:
			l.out.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		case i > 0:
			l.out.WriteByte(' ')
			column++
		}
		l.out.WriteString(word)
		column += width
	}
	l.out.WriteByte('\n')
}

// splitWords splits at single spaces, so that runs of them, which align
// columns, stay.
func splitWords(text string) []string { return strings.Split(text, " ") }

const (
	bold  = "1"
	red   = "31"
	green = "32;1"
	alarm = "31;1"
)

// paint gives text a colour.
func (l *lines) paint(code, text string) string {
	if !l.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// visible is the number of columns a word takes.
func visible(word string) int {
	n := utf8.RuneCountInString(word)
	for {
		start := strings.Index(word, "\x1b[")
		if start < 0 {
			return n
		}
		end := strings.IndexByte(word[start:], 'm')
		if end < 0 {
			return n
		}
		n -= end + 1
		word = word[start+end+1:]
	}
}
