package sweep

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// SchemaName names the version of the file's form as JSON lines.
const SchemaName = "rehearse.dev/sweep/v1alpha1"

// Format is a form of the file.
type Format string

// JSON lines have all values, CSV has a row for each metric with its mean, interval, least
// and greatest value.
const (
	JSONLines Format = "jsonl"
	CSV       Format = "csv"
)

// Head is what a sweep is of.
type Head struct {
	Schema string `json:"schema"`
	// Sweep tells sweeps apart: a hash of their input, flags and version.
	Sweep      string           `json:"sweep"`
	Dimensions []plan.Dimension `json:"dimensions"`
	Settings   int              `json:"settings"`
}

// Cell is a setting and what was measured of it.
type Cell struct {
	Setting int      `json:"setting"` // from 0
	Values  []string `json:"values"`  // one for each dimension
	// Error is why it could not be played, "" when it was.
	Error string `json:"error,omitempty"`
	Pass  bool   `json:"pass"` // of its expectations
	// USDPerHour is what the machines of the start cost.
	USDPerHour float64 `json:"usdPerHour"`
	// Metrics are the values of every replication, by "metric object".
	Metrics map[string][]stat.Value `json:"metrics"`
}

// Line is the head as the file begins.
func (h Head) Line(f Format) []byte {
	if f == JSONLines {
		return jsonLine(h)
	}
	columns := []string{"sweep", "setting"}
	for i := range h.Dimensions {
		columns = append(columns, plan.Name(h.Dimensions, i))
	}
	return csvLines(append(columns, "pass", "usdPerHour", "metric", "of", "unit", "mean", "low", "high", "min", "max"))
}

// Cell is a cell as it stands in the file.
func (h Head) Cell(f Format, c Cell) []byte {
	if f == JSONLines {
		return jsonLine(c)
	}
	first := append(append([]string{h.Sweep, strconv.Itoa(c.Setting)}, c.Values...), strconv.FormatBool(c.Pass),
		number(stat.Value(c.USDPerHour)))
	if c.Error != "" {
		return csvLines(append(first, "error", strings.ReplaceAll(c.Error, "\n", "; "), "", "", "", "", "", ""))
	}
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(c.Metrics)) {
		name, of, _ := strings.Cut(key, " ")
		m, _ := record.FindMetric(name)
		s := stat.Summarize(c.Metrics[key])
		rows = append(rows, append(slices.Clone(first), name, of, m.Unit, number(s.Mean), number(s.Low), number(s.High),
			number(s.Min), number(s.Max)))
	}
	return csvLines(rows...)
}

func jsonLine(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // plain values have a JSON form
	}
	return b.Bytes()
}

func csvLines(rows ...[]string) []byte {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		panic(err) // a buffer takes all
	}
	return b.Bytes()
}

func number(v stat.Value) string {
	if !v.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(v), 'g', -1, 64)
}
