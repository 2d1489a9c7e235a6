package calibrate

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

const document = "../../../docs/serving.md"

// shown are the metrics that the tables have, of the nine.
var shown = []Metric{PerTokenMean, EndMean, FirstTokenMean, Throughput, Batch}

// The tables of docs/serving.md are what the shipped coefficients give: no row
// that could be predicted may be lost, and no group's median may grow by two
// points and a tenth.
func TestServingTablesHold(t *testing.T) {
	if testing.Short() {
		t.Skip("plays 900 experiments")
	}
	d, refused := measured(t, 2000)
	errors := d.Errors(nil)
	groups := Groups(errors)
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	if *update {
		s := put(string(text), "coefficients", coefficientTable())
		s = put(s, "overall", overall(errors))
		s = put(s, "groups", groupTable(groups))
		require.NoError(t, os.WriteFile(document, []byte(s), 0o644))
		require.NoError(t, os.WriteFile("../../../docs/serving.svg", []byte(scatter(errors)), 0o644))
		return
	}
	require.Equal(t, coefficientTable(), part(string(text), "coefficients"))
	require.Less(t, float64(len(refused)), 0.02*float64(len(d.Experiments)), "%v", refused)
	stated := parseGroups(t, part(string(text), "groups"))
	now := map[string]Group{}
	for _, g := range groups {
		now[g.name()] = g
	}
	for name, want := range stated {
		g, is := now[name]
		require.True(t, is, "%s can no longer be predicted", name)
		require.GreaterOrEqual(t, g.Rows, want.rows, name)
		for i, m := range shown {
			if before := want.medians[i]; before >= 0 {
				after := 100 * g.Metrics[m].Median
				require.False(t, after > before+2.5 && after > 1.1*before,
					"%s: the median error of the %s grew from %.0f%% to %.1f%%", name, m, before, after)
			}
		}
	}
}

func coefficientTable() string {
	var b strings.Builder
	b.WriteString("| | unit |")
	generations := timing.Generations()
	for _, g := range generations {
		fmt.Fprintf(&b, " %s |", g.Name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(generations)) + "\n")
	for i, n := range coefficientNames {
		fmt.Fprintf(&b, "| %s | %s |", n.name, n.unit)
		for _, g := range generations {
			c := g.Coefficients
			if used(g, i) {
				fmt.Fprintf(&b, " %.4g |", *list(&c)[i])
			} else {
				b.WriteString(" - |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("| fitted to | |")
	for _, g := range generations {
		fmt.Fprintf(&b, " %s |", g.FittedTo())
	}
	b.WriteString("\n| on | date |")
	for _, g := range generations {
		fmt.Fprintf(&b, " %s |", g.Fitted.Date)
	}
	return b.String() + "\n"
}

func overall(errors []Error) string {
	var b strings.Builder
	b.WriteString("| metric | rows | median | 90th percentile |\n|---|---|---|---|\n")
	for _, m := range Metrics() {
		s := SpreadOf(OfMetric(errors, m))
		fmt.Fprintf(&b, "| %s | %d | %.1f%% | %.1f%% |\n", m, s.Rows, 100*s.Median, 100*s.Ninetieth)
	}
	return b.String()
}

func groupTable(groups []Group) string {
	var b strings.Builder
	b.WriteString("| engine | model family | GPU | rows |")
	for _, m := range shown {
		fmt.Fprintf(&b, " %s |", m)
	}
	b.WriteString("\n|---|---|---|---|" + strings.Repeat("---|", len(shown)) + "\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "| %s | %s | %s | %d |", g.Engine, g.Family, g.GPU, g.Rows)
		for _, m := range shown {
			fmt.Fprintf(&b, " %s |", g.Metrics[m])
		}
		b.WriteString("\n")
	}
	return b.String()
}

type statedGroup struct {
	rows    int
	medians []float64 // per cent; below 0 without
}

func parseGroups(t *testing.T, text string) map[string]statedGroup {
	groups := map[string]statedGroup{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		require.Len(t, cells, 4+len(shown), line)
		g := statedGroup{}
		g.rows, _ = strconv.Atoi(cells[3])
		for _, cell := range cells[4:] {
			number := regexp.MustCompile(`^\d+`).FindString(cell)
			v, err := strconv.ParseFloat(number, 64)
			if err != nil {
				v = -1
			}
			g.medians = append(g.medians, v)
		}
		groups[strings.Join(cells[:3], " | ")] = g
	}
	return groups
}

// part is what stands between the marks of a name in a document.
func part(text, name string) string {
	_, rest, _ := strings.Cut(text, "<!-- "+name+" -->\n")
	inner, _, _ := strings.Cut(rest, "<!-- end -->")
	return inner
}

func put(text, name, inner string) string {
	return strings.Replace(text, "<!-- "+name+" -->\n"+part(text, name), "<!-- "+name+" -->\n"+inner, 1)
}

// scatter draws simulated over measured, each metric in its own square, both axes
// logarithmic.
func scatter(errors []Error) string {
	const size, gap = 180.0, 40.0
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="11">`+"\n",
		float64(len(shown))*(size+gap)+gap, size+2*gap)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, m := range shown {
		drawSquare(&b, gap+float64(i)*(size+gap), gap, size, m, OfMetric(errors, m))
	}
	return b.String() + "</svg>\n"
}
