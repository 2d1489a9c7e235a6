package sweep_test

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/sweep"
)

func head() sweep.Head {
	return sweep.Head{Schema: sweep.SchemaName, Sweep: "abc", Settings: 5,
		Dimensions: []plan.Dimension{{Path: "D/web:spec.replicas", Values: []string{"1", "2", "3", "4", "5"}}}}
}

func cell(i int) sweep.Cell {
	c := sweep.Cell{Setting: i, Values: []string{head().Dimensions[0].Values[i]}, Pass: i%2 == 0,
		Metrics: map[string][]stat.Value{"service.failed d/web": {1, 2, stat.Value(i)}, "oom.kills": {0, stat.Missing, 0}}}
	if i == 3 {
		c = sweep.Cell{Setting: i, Values: c.Values, Error: "s.yaml:1: must, \"not\"\nand more"}
	}
	return c
}

// whole is the file of a sweep that nobody stopped, and where its settings end.
func whole(f sweep.Format) (file []byte, ends []int) {
	h := head()
	file = h.Line(f)
	ends = []int{len(file)}
	for i := range h.Settings {
		file = append(file, h.Cell(f, cell(i))...)
		ends = append(ends, len(file))
	}
	return file, ends
}

// Wherever a file ends, what is appended behind what stays makes it the whole file.
func TestASweepGoesOnWhereverItStopped(t *testing.T) {
	h := head()
	for _, f := range []sweep.Format{sweep.JSONLines, sweep.CSV} {
		file, ends := whole(f)
		for cut := range len(file) + 1 {
			settings, stay, err := h.Resume(f, bytes.NewReader(file[:cut]))
			require.NoError(t, err, "%s: %q", f, file[:cut])
			require.LessOrEqual(t, stay, int64(cut))
			again := bytes.Clone(file[:stay])
			if stay == 0 {
				again = append(again, h.Line(f)...)
			}
			for i := settings; i < h.Settings; i++ {
				again = append(again, h.Cell(f, cell(i))...)
			}
			require.Equal(t, string(file), string(again), "%s cut at %d", f, cut)
			if f == sweep.JSONLines && cut >= ends[0] {
				require.LessOrEqual(t, ends[settings], cut)
				require.True(t, settings == h.Settings || ends[settings+1] > cut, "what is whole stays")
			}
		}
	}
}

// The file of something else stays as it is.
func TestWhatIsNoFileOfTheSweep(t *testing.T) {
	h := head()
	other := h
	other.Sweep = "xyz"
	for _, f := range []sweep.Format{sweep.JSONLines, sweep.CSV} {
		file, ends := whole(f)
		for name, data := range map[string][]byte{
			"another sweep": append(other.Line(f), other.Cell(f, cell(0))...), "text": []byte("hello\n"),
			"a setting twice":   append(bytes.Clone(file[:ends[1]]), append(h.Cell(f, cell(0)), h.Cell(f, cell(2))...)...),
			"one left out":      append(bytes.Clone(file[:ends[1]]), h.Cell(f, cell(2))...),
			"more than all":     append(bytes.Clone(file), h.Cell(f, sweep.Cell{Setting: 5, Values: []string{"6"}, Error: "x"})...),
			"a line in between": append(bytes.Clone(file[:ends[1]]), "x\n"...),
		} {
			if f == sweep.CSV && name == "another sweep" {
				data = append(h.Line(f), other.Cell(f, cell(0))...) // the heads are the same
			}
			_, _, err := h.Resume(f, bytes.NewReader(data))
			require.Error(t, err, "%s %s", f, name)
		}
	}
}

func TestCSVHasARowForEachMetric(t *testing.T) {
	file, _ := whole(sweep.CSV)
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"sweep", "setting", "replicas", "pass", "usdPerHour", "metric", "of", "unit", "mean", "low", "high",
		"min", "max"}, rows[0])
	assert.Equal(t, []string{"abc", "0", "1", "true", "0", "oom.kills", "", "count", "0", "0", "0", "0", "0"}, rows[1])
	assert.Equal(t, "service.failed", rows[2][5])
	assert.Equal(t, "d/web", rows[2][6])
	assert.Equal(t, "1", rows[2][8], "the mean of 1, 2 and 0")
	assert.Equal(t, `s.yaml:1: must, "not"; and more`, rows[7][6])
	assert.Len(t, rows, 10)
}

// A Latin hypercube takes each value of each dimension as often as any other, and other
// seeds take others together.
func TestSamplesAreEven(t *testing.T) {
	dimensions := []plan.Dimension{{Values: []string{"a", "b", "c"}}, {Values: []string{"1", "2", "3", "4"}}}
	list := sweep.Sample(dimensions, 12, 1)
	for d, of := range dimensions {
		count := map[string]int{}
		for _, values := range list {
			count[values[d]]++
		}
		for _, v := range of.Values {
			assert.Equal(t, 12/len(of.Values), count[v])
		}
	}
	assert.Equal(t, list, sweep.Sample(dimensions, 12, 1))
	assert.NotEqual(t, list, sweep.Sample(dimensions, 12, 2))
	wide := []plan.Dimension{{Values: make([]string, 100)}}
	for i := range wide[0].Values {
		wide[0].Values[i] = string(rune('a' + i))
	}
	few := map[string]bool{}
	for _, values := range sweep.Sample(wide, 10, rand.Uint64()) {
		few[values[0]] = true
	}
	assert.Len(t, few, 10)
}

// Whatever the file holds, reading it ends, and what stays is of the file.
func FuzzResume(f *testing.F) {
	for _, format := range []sweep.Format{sweep.JSONLines, sweep.CSV} {
		file, ends := whole(format)
		f.Add(file, format == sweep.CSV)
		f.Add(file[:ends[2]+3], format == sweep.CSV)
	}
	f.Fuzz(func(t *testing.T, data []byte, isCSV bool) {
		format := sweep.JSONLines
		if isCSV {
			format = sweep.CSV
		}
		settings, stay, err := head().Resume(format, bytes.NewReader(data))
		if err == nil && (settings < 0 || settings > 5 || stay > int64(len(data)) || stay < 0) {
			t.Errorf("%d settings, %d bytes", settings, stay)
		}
	})
}
