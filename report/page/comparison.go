package page

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// WriteComparison writes a comparison as text, json, md or csv.
func WriteComparison(w io.Writer, c *result.Comparison, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(c)
	case "csv":
		return comparisonCSV(w, c)
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
	return fmt.Errorf("format: must be one of text, json, md, csv, got %q", format)
}

// comparisonCSV writes a row for each metric, object and setting, numbers in the units of
// the metrics.
func comparisonCSV(w io.Writer, c *result.Comparison) error {
	out := csv.NewWriter(w)
	number := func(v stat.Value) string {
		if !v.Known() {
			return ""
		}
		return strconv.FormatFloat(float64(v), 'g', -1, 64)
	}
	rows := [][]string{{"metric", "of", "unit", "base", "setting", "meanBase", "mean", "delta", "low", "high", "p",
		"pAdjusted", "pairs", "significant"}}
	for _, d := range c.Differences {
		rows = append(rows, []string{d.Metric, d.Of, d.Unit, c.Settings[0], d.Setting, number(d.A), number(d.B),
			number(d.Delta), number(d.Low), number(d.High), number(d.P), number(d.Adjusted), strconv.Itoa(d.Pairs),
			strconv.FormatBool(d.Significant)})
	}
	return out.WriteAll(rows)
}

func comparisonSection(c *result.Comparison) section {
	s := section{title: "COMPARISON", answer: comparisonAnswer(c)}
	if c.Partial {
		s.answer, s.bad = "partial, "+s.answer, true
	}
	two := len(c.Settings) == 2
	t := table{head: []string{"METRIC", "OF", c.Settings[0]}, names: true}
	for _, name := range c.Settings[1:] {
		t.head = append(t.head, name, "VS BASE")
		if two {
			t.head = append(t.head, "95 %")
		}
		t.head = append(t.head, "P")
	}
	for i := 0; i < len(c.Differences); {
		end := i
		for end < len(c.Differences) && c.Differences[end].Metric == c.Differences[i].Metric {
			end++
		}
		t.rows = append(t.rows, metricRows(c, c.Differences[i:end])...)
		i = end
	}
	if len(t.rows) > 0 {
		s.parts = append(s.parts, part{table: t})
	}
	if t := estimatesTable(c); len(t.rows) > 0 {
		s.parts = append(s.parts, part{title: "estimates over all replications, with 95 % intervals and no test", table: t})
	}
	var notes []string
	if c.Equal > 0 {
		notes = append(notes, words.CountOf(c.Equal, "metric")+" with the same value in every pair "+map[bool]string{
			true: "is", false: "are"}[c.Equal == 1]+" not shown")
	}
	s.parts = append(s.parts, part{list: append(notes, c.Notes...)})
	return s
}

// estimatesTable has a row for each estimate that reads different for some settings.
func estimatesTable(c *result.Comparison) table {
	t := table{head: append([]string{"ESTIMATE", "OF"}, c.Settings...), names: true}
	for _, e := range c.Estimates {
		row := []string{e.What, e.Of}
		for _, v := range e.Values {
			row = append(row, estimateText(v, e.Unit))
		}
		if len(slices.Compact(slices.Clone(row[2:]))) > 1 {
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// estimateText is an estimate with its interval, or the bound alone where there is no more.
func estimateText(e stat.Estimate, unit string) string {
	switch {
	case unit == "ratio":
		return riskText(e)
	case e.Value.Known():
		return words.Unit(e.Value, unit) + intervalText(e.Interval, unit)
	}
	return "unknown"
}

// comparisonAnswer says what is compared, and whether there is any difference.
func comparisonAnswer(c *result.Comparison) string {
	borne := 0
	for _, d := range c.Differences {
		if d.Significant {
			borne++
		}
	}
	text := fmt.Sprintf("%s; %s borne out", words.CountOf(c.Pairs, "pair"), words.CountOf(borne, "difference"))
	if borne == 0 {
		text = words.CountOf(c.Pairs, "pair") + "; ~ no difference is borne out"
	}
	if c.Correction == "holm" && c.Tests > 1 {
		text += fmt.Sprintf(", p corrected by Holm for %d tests", c.Tests)
	}
	return text
}

// metricRows are the objects of a metric, all in one number format.
func metricRows(c *result.Comparison, list []result.Difference) (rows [][]string) {
	var values, deltas []stat.Value
	for _, d := range list {
		values, deltas = append(values, d.A, d.B), append(deltas, d.Delta, d.Low, d.High)
	}
	write, signed := words.Column(list[0].Unit, values...), signedColumn(list[0].Unit, deltas)
	for i := 0; i < len(list); {
		of, row := list[i].Of, []string{list[i].Metric, list[i].Of, write(list[i].A)}
		if of == "" {
			row[1] = "-"
		}
		for _, name := range c.Settings[1:] {
			if i == len(list) || list[i].Of != of || list[i].Setting != name {
				row = append(row, "no value", "-", "-") // no replication has one of both
				continue
			}
			d := list[i]
			row = append(row, write(d.B), versus(d, signed))
			if len(c.Settings) == 2 {
				row = append(row, bounds(d, signed))
			}
			row = append(row, pText(d.Adjusted))
			i++
		}
		rows = append(rows, row)
	}
	return rows
}

// versus is "~" when the replications don't bear a difference out, or it is too small to
// matter, and "=" when there is none in any pair.
func versus(d result.Difference, signed func(stat.Value) string) string {
	switch {
	case d.Equal:
		return "="
	case !d.Delta.Known():
		return "-"
	case d.P.Known() && !d.Significant:
		return "~"
	}
	return signed(d.Delta)
}

// Delta is a difference by itself.
func Delta(d result.Difference) string { return versus(d, signedColumn(d.Unit, []stat.Value{d.Delta})) }

func bounds(d result.Difference, signed func(stat.Value) string) string {
	if !d.Low.Known() {
		return "-"
	}
	return fmt.Sprintf("%s .. %s", signed(d.Low), signed(d.High))
}

// signedColumn writes differences with their signs, all in one format; those of ratios are
// in percentage points.
func signedColumn(unit string, values []stat.Value) func(stat.Value) string {
	write := words.Column(unit, values...)
	if unit == "ratio" {
		write = words.PercentagePoints(values...)
	}
	return func(v stat.Value) string {
		sign := "+"
		if math.Signbit(float64(v)) {
			sign = "-"
		}
		return sign + write(stat.Value(math.Abs(float64(v))))
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
