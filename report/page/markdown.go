package page

import (
	"fmt"
	"io"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// WriteMarkdown writes a result for a merge request or a wiki.
func WriteMarkdown(w io.Writer, r *result.Result) error {
	m := &markdownWriter{}
	m.page(newPage(r, false))
	_, err := io.WriteString(w, m.out.String())
	return err
}

type markdownWriter struct{ out strings.Builder }

func (m *markdownWriter) page(p page) {
	fmt.Fprintf(&m.out, "## %s: %s\n", p.mark, escaped(p.headline))
	if len(p.checks) > 0 {
		m.out.WriteByte('\n')
	}
	for _, c := range p.checks {
		fmt.Fprintf(&m.out, "- **%s** %s", c.mark, escaped(c.line()))
		if c.more != "" {
			fmt.Fprintf(&m.out, "; %s", escaped(c.more))
		}
		m.out.WriteByte('\n')
	}
	for _, s := range p.sections {
		m.out.WriteByte('\n')
		m.section(s)
	}
}

func (m *markdownWriter) section(s section) {
	title := s.title[:1] + strings.ToLower(s.title[1:])
	title = strings.Replace(title, "Oom", "OOM", 1)
	fmt.Fprintf(&m.out, "### %s\n", title)
	if s.answer != "" {
		fmt.Fprintf(&m.out, "\n%s.\n", escaped(words.Capital(s.answer)))
	}
	for _, p := range s.parts {
		if len(p.table.rows)+len(p.list) == 0 {
			continue
		}
		m.out.WriteByte('\n')
		if p.title != "" {
			fmt.Fprintf(&m.out, "%s:\n\n", escaped(sentence(p.title)))
		}
		m.table(p.table)
		for i, line := range p.list {
			bullet := "-"
			if p.numbered {
				bullet = fmt.Sprintf("%d.", i+1)
			}
			fmt.Fprintf(&m.out, "%s %s\n", bullet, escaped(strings.Join(strings.Fields(line), " ")))
		}
	}
}

// sentence begins with a capital, unless it begins with the name of an object.
func sentence(title string) string {
	if first, _, _ := strings.Cut(title, " "); strings.Contains(first, "/") {
		return title
	}
	return words.Capital(title)
}

func (m *markdownWriter) table(t table) {
	if len(t.rows) == 0 {
		return
	}
	head := lowered(t.head)
	if t.names {
		for i, h := range t.head {
			head[i] = escaped(h)
		}
	}
	m.row(head)
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---"
	}
	m.row(rule)
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = escaped(cell)
		}
		m.row(cells)
	}
}

func (m *markdownWriter) row(cells []string) {
	m.out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// lowered turns a head in capitals into words, and leaves abbreviations.
func lowered(head []string) []string {
	titles := make([]string, len(head))
	for i, h := range head {
		fields := strings.Fields(h)
		for j, f := range fields {
			switch f {
			case "CPU", "GPU", "OOM", "P50", "P95", "P99", "A", "B":
			default:
				fields[j] = strings.ToLower(f)
			}
		}
		titles[i] = words.Capital(strings.Join(fields, " "))
	}
	return titles
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "\n", " ", "~", `\~`, "[", `\[`,
)

// escaped keeps text from being read as Markdown or HTML.
func escaped(text string) string { return markdownEscapes.Replace(text) }
