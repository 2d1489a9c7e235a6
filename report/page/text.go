package page

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// WriteText writes a result for a person at a terminal.
func WriteText(w io.Writer, r *result.Result, o words.TextOptions) error {
	t := &textWriter{words.NewLines(o)}
	t.page(newPage(r, o.Verbose))
	_, err := io.WriteString(w, t.Out.String())
	return err
}

// textWriter shows a page at a terminal.
type textWriter struct{ *words.Lines }

func (t *textWriter) page(p page) {
	t.Wrapped(t.marked(p.mark), len(p.mark), "  "+t.Paint(words.Bold, p.headline), 6)
	if len(p.checks) > 0 {
		t.Out.WriteByte('\n')
	}
	for _, c := range p.checks {
		t.Wrapped("  "+t.marked(c.mark), 2+len(c.mark), "  "+c.line(), 8)
		if c.more != "" {
			t.Wrapped("        ", 8, c.more, 8)
		}
	}
	for _, s := range p.sections {
		t.section(s)
	}
}

func (t *textWriter) section(s section) {
	t.Out.WriteByte('\n')
	title := t.Paint(words.Bold, s.title)
	if s.answer != "" {
		answer := s.answer
		if s.bad {
			answer = t.Paint(words.Red, answer)
		}
		title += "  " + answer
	}
	t.Out.WriteString(title + "\n")
	for _, p := range s.parts {
		if p.title != "" {
			t.Out.WriteString("  " + p.title + "\n")
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
		t.Wrapped(prefix, len(prefix), line, max(len(prefix), indent+2))
	}
}

// table writes columns two spaces apart. The first is aligned to the left,
// the others to the right unless they hold words.
func (t *textWriter) table(tab table) {
	if len(tab.rows) == 0 {
		return
	}
	all := append([][]string{tab.head}, tab.rows...)
	t.Out.WriteString(words.Columns(all, func(c int) bool {
		return c > 0 && !slices.ContainsFunc(tab.rows, func(row []string) bool { return !numeric(row[c]) })
	}))
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

func (t *textWriter) marked(m mark) string {
	switch m {
	case pass:
		return t.Paint(words.Green, string(m))
	case fail, partial, incomplete:
		return t.Paint(words.Alarm, string(m))
	}
	return t.Paint(words.Bold, string(m))
}
