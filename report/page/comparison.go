package page

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// WriteComparison writes a comparison as text, json or md.
func WriteComparison(w io.Writer, c *result.Comparison, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(c)
	case "md":
		m := &markdownWriter{}
		m.section(comparisonSection(c))
		_, err := io.WriteString(w, m.out.String())
		return err
	case "text":
		t := &textWriter{words.NewLines(words.TextOptions{Width: 100})}
		t.section(comparisonSection(c))
		_, err := io.WriteString(w, strings.TrimPrefix(t.Out.String(), "\n"))
		return err
	}
	return fmt.Errorf("format: must be one of text, json, md, got %q", format)
}

func comparisonSection(c *result.Comparison) section {
	s := section{title: "COMPARISON", answer: fmt.Sprintf("A: %s, B: %s; %s", c.A, c.B, words.CountOf(c.Pairs, "pair"))}
	if c.Partial {
		s.answer, s.bad = "partial, "+s.answer, true
	}
	t := table{head: []string{"METRIC", "OF", "A", "B", "B - A", "95 %", "P"}}
	for _, d := range c.Differences {
		of := d.Of
		if of == "" {
			of = "-"
		}
		t.rows = append(t.rows, []string{d.Metric, of, words.Unit(d.A, d.Unit), words.Unit(d.B, d.Unit), Delta(d), bounds(d),
			pText(d.P)})
	}
	if len(t.rows) > 0 {
		s.parts = append(s.parts, part{table: t})
	}
	var notes []string
	if c.Equal > 0 {
		notes = append(notes, words.CountOf(c.Equal, "metric")+" with the same value in every pair "+map[bool]string{
			true: "is", false: "are"}[c.Equal == 1]+" not shown")
	}
	s.parts = append(s.parts, part{list: append(notes, c.Notes...)})
	return s
}

// Delta is "~" when the replications don't bear a difference out.
func Delta(d result.Difference) string {
	switch {
	case !d.Delta.Known():
		return "-"
	case d.Low.Known() && !d.Significant:
		return "~"
	}
	return signedText(float64(d.Delta), d.Unit)
}

func bounds(d result.Difference) string {
	if !d.Low.Known() {
		return "-"
	}
	return fmt.Sprintf("%s .. %s", signedText(float64(d.Low), d.Unit), signedText(float64(d.High), d.Unit))
}

// signedText writes a difference; that of two ratios is in percentage points.
func signedText(x float64, unit string) string {
	sign := "+"
	if math.Signbit(x) {
		sign = "-"
	}
	switch x = math.Abs(x); unit {
	case "ratio":
		return sign + words.Digits(100*x, 2) + " pp"
	default:
		return sign + words.Unit(stat.Value(x), unit)
	}
}

func pText(p stat.Value) string {
	switch {
	case !p.Known():
		return "-"
	case p < 0.001:
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", float64(p))
}
