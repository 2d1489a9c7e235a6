package words

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

// Lines is text for a terminal: broken at its width, and coloured where it may be.
type Lines struct {
	TextOptions
	Out strings.Builder
}

// Block is text that is to be copied as it is, below a title; nothing where there is none.
func Block(title, text string, markdown bool) string {
	switch {
	case text == "":
		return ""
	case markdown:
		return "\n```\n" + text + "```\n"
	}
	return "\n" + title + "\n" + text
}

// NewLines returns lines without text.
func NewLines(o TextOptions) *Lines {
	if o.Width <= 0 {
		o.Width = 100
	}
	return &Lines{TextOptions: o}
}

// Wrapped writes a first line that begins with start, which takes length
// columns, and breaks at the width with a hanging indent.
func (l *Lines) Wrapped(start string, length int, text string, indent int) {
	l.Out.WriteString(start)
	column := length
	lead := len(text) - len(strings.TrimLeft(text, " "))
	l.Out.WriteString(text[:lead])
	column += lead
	for i, word := range splitWords(text[lead:]) {
		width := visible(word)
		switch {
		case i > 0 && column+1+width > l.Width:
			l.Out.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		case i > 0:
			l.Out.WriteByte(' ')
			column++
		}
		l.Out.WriteString(word)
		column += width
	}
	l.Out.WriteByte('\n')
}

// splitWords splits at single spaces, so that runs of them, which align
// columns, stay.
func splitWords(text string) []string { return strings.Split(text, " ") }

const (
	Bold  = "1"
	Red   = "31"
	Green = "32;1"
	Alarm = "31;1"
)

// Paint gives text a colour.
func (l *Lines) Paint(code, text string) string {
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
