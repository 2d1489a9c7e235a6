package report

import (
	"fmt"
	"io"
)

// WriteVerdict writes one line for the result of a file, and what it fails at
// below.
func WriteVerdict(w io.Writer, file string, r *Result) error {
	p := newPage(r, false)
	t := &textWriter{newLines(TextOptions{Width: 100})}
	t.wrapped(string(p.mark), len(p.mark), fmt.Sprintf("  %s  %s", file, p.headline), 6)
	for _, c := range p.checks {
		if c.mark != fail {
			continue
		}
		t.wrapped("      ", 6, c.line(), 8)
		if c.more != "" {
			t.wrapped("        ", 8, c.more, 8)
		}
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}
