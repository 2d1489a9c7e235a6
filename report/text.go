package report

import (
	"fmt"
	"io"
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

// WriteText writes a result for a person at a terminal.
func WriteText(w io.Writer, r *Result, o TextOptions) error {
	t := newTextWriter(o)
	t.page(newPage(r, o.Verbose))
	_, err := io.WriteString(w, t.out.String())
	return err
}

func newTextWriter(o TextOptions) *textWriter {
	if o.Width <= 0 {
		o.Width = 100
	}
	return &textWriter{TextOptions: o}
}

type textWriter struct {
	TextOptions
	out strings.Builder
}

func (t *textWriter) page(p page) {
	t.wrapped(t.marked(p.mark), len(p.mark), "  "+t.paint(bold, p.headline), 6)
	if len(p.checks) > 0 {
		t.out.WriteByte('\n')
	}
	for _, c := range p.checks {
		t.wrapped("  "+t.marked(c.mark), 6, "  "+c.line(), 8)
		if c.more != "" {
			t.wrapped("        ", 8, c.more, 8)
		}
	}
	for _, s := range p.sections {
		t.section(s)
	}
}

func (t *textWriter) section(s section) {
	t.out.WriteByte('\n')
	title := t.paint(bold, s.title)
	if s.answer != "" {
		answer := s.answer
		if s.bad {
			answer = t.paint(red, answer)
		}
		title += "  " + answer
	}
	t.out.WriteString(title + "\n")
	for _, p := range s.parts {
		if p.title != "" {
			t.out.WriteString("  " + p.title + "\n")
		}
		t.table(p.table)
		t.list(p)
	}
}

func (t *textWriter) list(p part) {
	indent := 2
	if p.title != "" {
		indent = 4
	}
	for i, line := range p.list {
		prefix := strings.Repeat(" ", indent)
		if p.numbered {
			prefix += fmt.Sprintf("%d. ", i+1)
		}
		t.wrapped(prefix, len(prefix), line, max(len(prefix), indent+2))
	}
}

// table writes columns two spaces apart. The first is aligned to the left,
// the others to the right unless they hold words.
func (t *textWriter) table(tab table) {
	if len(tab.rows) == 0 {
		return
	}
	all := append([][]string{tab.head}, tab.rows...)
	widths, right := make([]int, len(tab.head)), make([]bool, len(tab.head))
	for c := range tab.head {
		right[c] = c > 0
		for i, row := range all {
			widths[c] = max(widths[c], utf8.RuneCountInString(row[c]))
			right[c] = right[c] && (i == 0 || numeric(row[c]))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for c, cell := range row {
			pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			if right[c] {
				cell, pad = pad, cell
			}
			line.WriteString("  " + cell + pad)
		}
		t.out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// numeric reports whether a cell is one number, with its unit.
func numeric(cell string) bool {
	switch strings.TrimSuffix(cell, " %") {
	case "-", "none", "unknown", "no value":
		return true
	}
	cell = strings.TrimPrefix(strings.TrimPrefix(cell, ">= "), "< ")
	return cell != "" && cell[0] >= '0' && cell[0] <= '9' && !strings.Contains(strings.TrimSuffix(cell, " %"), " ")
}

// wrapped writes a first line that begins with start, which takes length
// columns, and breaks at the width with a hanging indent.
func (t *textWriter) wrapped(start string, length int, text string, indent int) {
	t.out.WriteString(start)
	column := length
	lead := len(text) - len(strings.TrimLeft(text, " "))
	t.out.WriteString(text[:lead])
	column += lead
	for i, word := range splitWords(text[lead:]) {
		width := visible(word)
		switch {
		case i > 0 && column+1+width > t.Width:
			t.out.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		case i > 0:
			t.out.WriteByte(' ')
			column++
		}
		t.out.WriteString(word)
		column += width
	}
	t.out.WriteByte('\n')
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

func (t *textWriter) paint(code, text string) string {
	if !t.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (t *textWriter) marked(m mark) string {
	switch m {
	case pass:
		return t.paint(green, string(m))
	case fail, incomplete:
		return t.paint(alarm, string(m))
	}
	return t.paint(bold, string(m))
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
