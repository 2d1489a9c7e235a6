package truth

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Rows shown before and after the first difference.
const (
	rowsBefore = 6
	rowsAfter  = 12
)

// WriteText writes the rows around the first difference (every row with all),
// the findings, and the largest time difference. Times are simulated seconds;
// > marks the first difference, ! those after it.
func (c *Comparison) WriteText(w io.Writer, all bool) error {
	out := bufio.NewWriter(w)
	first := len(c.Rows)
	for i, r := range c.Rows {
		if r.Fault != "" {
			first = i
			break
		}
	}
	from, to := max(first-rowsBefore, 0), min(first+rowsAfter+1, len(c.Rows))
	if first == len(c.Rows) {
		from = to
	}
	if all {
		from, to = 0, len(c.Rows)
	}
	c.writeRows(out, from, to, first)
	for _, f := range c.Findings {
		fmt.Fprintf(out, "! %s\n", f)
	}
	c.summary(out)
	return out.Flush()
}

func (c *Comparison) writeRows(out io.Writer, from, to, first int) {
	if from == to {
		return
	}
	width := len("recorded")
	lines := make([][2]string, to-from)
	for i, r := range c.Rows[from:to] {
		lines[i] = [2]string{cell(r.Recorded), cell(r.Simulated)}
		width = max(width, utf8.RuneCountInString(lines[i][0]))
	}
	fmt.Fprintf(out, "  %s  simulated\n", pad("recorded", width))
	if from > 0 {
		fmt.Fprintf(out, "  … %d before that agree\n", from)
	}
	for i, l := range lines {
		mark, fault := " ", ""
		if r := c.Rows[from+i]; r.Fault != "" {
			mark, fault = "!", "   ← "+r.Fault
		}
		if from+i == first {
			mark = ">"
		}
		fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("%s %s  %s%s", mark, pad(l[0], width), l[1], fault), " "))
	}
	if rest := len(c.Rows) - to; rest > 0 {
		fmt.Fprintf(out, "  … %d after\n", rest)
	}
}

func cell(e *Entry) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf("%8.3f  %s", e.T.Seconds(), e.what())
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

func (c *Comparison) summary(out io.Writer) {
	if n := c.Differences(); n > 0 {
		fmt.Fprintf(out, "%d differences\n", n)
	} else {
		fmt.Fprintf(out, "%d entries agree\n", len(c.Rows))
	}
	for _, service := range c.Unseen {
		fmt.Fprintf(out, "endpoints of %s: not compared, as the scenario has no service of its pods\n", service)
	}
	if r := c.Largest; r != nil {
		fmt.Fprintf(out, "largest time difference: %.3f s (%s at %.3f s)\n", abs(r.difference()).Seconds(), r.Recorded.what(),
			r.Recorded.T.Seconds())
	}
}
