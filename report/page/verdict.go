package page

import (
	"fmt"
	"io"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// WriteVerdict writes one line for the result of a file, and what it fails at
// below.
func WriteVerdict(w io.Writer, file string, r *result.Result) error {
	p := newPage(r, false)
	t := &textWriter{words.NewLines(words.TextOptions{Width: 100})}
	t.Wrapped(string(p.mark), len(p.mark), fmt.Sprintf("  %s  %s", file, p.headline), 6)
	for _, c := range p.checks {
		if c.mark != fail {
			continue
		}
		t.Wrapped("      ", 6, c.line(), 8)
		if c.more != "" {
			t.Wrapped("        ", 8, c.more, 8)
		}
	}
	_, err := io.WriteString(w, t.Out.String())
	return err
}
