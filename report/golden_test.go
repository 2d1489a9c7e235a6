package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var update = flag.Bool("update", false, "rewrite the recorded outputs")

const goldens = "../testdata/report"

func requireGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join(goldens, name)
	if *update {
		require.NoError(t, os.MkdirAll(goldens, 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// forms are the outputs of a result by file extension.
var forms = map[string]func(io.Writer, *result.Result) error{
	"txt": func(w io.Writer, r *result.Result) error { return page.WriteText(w, r, words.TextOptions{}) },
	"verbose.txt": func(w io.Writer, r *result.Result) error {
		return page.WriteText(w, r, words.TextOptions{Verbose: true})
	},
	"json":      result.WriteJSON,
	"md":        page.WriteMarkdown,
	"junit.xml": func(w io.Writer, r *result.Result) error { return page.WriteJUnit(w, []*result.Result{r}) },
}

func render(t *testing.T, r *result.Result, form string) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, forms[form](&out, r))
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	for name, tape := range tapes() {
		for form := range forms {
			t.Run(name+"."+form, func(t *testing.T) {
				requireGolden(t, name+"."+form, render(t, tape.build(t), form))
			})
		}
	}
}

// The same records give the same bytes in every form, also after they were
// written and read.
func TestSameRecordsSameBytes(t *testing.T) {
	for name, tape := range tapes() {
		var stream bytes.Buffer
		w := record.NewWriter(&stream)
		for _, r := range tape.records {
			require.NoError(t, w.Write(r))
		}
		require.NoError(t, w.Flush())
		reread, err := Build(record.NewReader("records.jsonl", &stream))
		require.NoError(t, err)
		for form := range forms {
			want := string(render(t, tape.build(t), form))
			for range 3 {
				require.Equal(t, want, string(render(t, tape.build(t), form)), name)
			}
			require.Equal(t, want, string(render(t, reread, form)), name)
		}
	}
}

// What must hold in any result, whatever the goldens say.
func TestInvariants(t *testing.T) {
	for name, tape := range tapes() {
		t.Run(name, func(t *testing.T) { checkInvariants(t, tape.build(t)) })
	}
}

func checkInvariants(t *testing.T, r *result.Result) {
	t.Helper()
	for key, s := range r.Services {
		var failed int64
		for _, n := range s.FailedByCause {
			failed += n
		}
		require.Equal(t, s.Failed, failed, key)
		require.Equal(t, s.Arrived, s.OK+s.Failed+s.InFlightAtEnd, key)
		require.Equal(t, s.OK, s.Latency.Count, key)
		if s.Availability.Mean.Known() {
			require.InDelta(t, 0.5, float64(s.Availability.Mean), 0.5, key)
			require.LessOrEqual(t, s.Availability.Min, s.Availability.Mean)
			require.LessOrEqual(t, s.Availability.Mean, s.Availability.Max)
		}
		if s.OK > 0 {
			require.LessOrEqual(t, s.Latency.P50, s.Latency.P99)
			require.LessOrEqual(t, s.Latency.P99, s.Latency.Max)
		}
	}
	for key, w := range r.OOM.Workloads {
		require.LessOrEqual(t, w.PodsKilled, w.Pods, key)
		require.LessOrEqual(t, w.PodsKilled, w.Kills, key)
		for _, c := range w.Containers {
			require.LessOrEqual(t, c.P50, c.P99)
			require.LessOrEqual(t, c.P99, stat.Value(c.Max))
		}
	}
	for _, p := range r.Pods {
		last := p.Created
		if p.Scheduled != nil {
			require.GreaterOrEqual(t, *p.Scheduled, last, p.Name)
			last = *p.Scheduled
		}
		if p.Ready != nil {
			require.NotNil(t, p.Scheduled, p.Name)
			require.GreaterOrEqual(t, *p.Ready, last, p.Name)
		}
		if p.Deleting != nil && p.Gone != nil {
			require.GreaterOrEqual(t, *p.Gone, *p.Deleting, p.Name)
		}
	}
	for key, values := range r.Values {
		require.Len(t, values, len(r.Values["oom.kills"]), key)
	}
	allPass := true
	for _, e := range r.Verdict.Expectations {
		allPass = allPass && e.Pass
	}
	require.Equal(t, allPass && r.Verdict.Complete, r.Verdict.Pass)
}

// The JSON form is read back as the same result.
func TestJSONRoundTrip(t *testing.T) {
	for name, tape := range tapes() {
		document := render(t, tape.build(t), "json")
		again, err := result.ReadJSON("result.json", bytes.NewReader(document))
		require.NoError(t, err, name)
		require.Equal(t, string(document), string(render(t, again, "json")), name)
	}
	_, err := result.ReadJSON("main.json", strings.NewReader(`{"schema":"other"}`))
	require.EqualError(t, err, `main.json: schema: must be "rehearse.dev/result/v1alpha1", got "other"`)
	_, err = result.ReadJSON("main.json", strings.NewReader(`{"shema":"other"}`))
	require.ErrorContains(t, err, "main.json: must be a JSON result of rehearse, got")
}

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Text keeps to the width wherever it can break, says the verdict first, and
// is the same with colours.
func TestTextForm(t *testing.T) {
	for name, tape := range tapes() {
		r := tape.build(t)
		for _, width := range []int{80, 100} {
			var plain, colored bytes.Buffer
			require.NoError(t, page.WriteText(&plain, r, words.TextOptions{Width: width}))
			require.NoError(t, page.WriteText(&colored, r, words.TextOptions{Width: width, Color: true}))
			require.NotContains(t, plain.String(), "\x1b")
			require.Contains(t, colored.String(), "\x1b")
			require.Equal(t, plain.String(), ansi.ReplaceAllString(colored.String(), ""))
			lines := strings.Split(plain.String(), "\n")
			require.True(t, strings.HasPrefix(lines[0], wantedMark(r)+"  "+r.Scenario+": "), lines[0])
			for _, line := range lines {
				require.Equal(t, strings.TrimRight(line, " "), line)
				if utf8.RuneCountInString(line) > width {
					require.Regexp(t, `^  \S+.*(  |/\S{20})`, line, name+": only tables and long names exceed the width")
				}
			}
		}
		for _, title := range []string{"\nCAPACITY  ", "\nOOM RISK  ", "\nDOWNTIME  "} {
			require.Contains(t, string(render(t, r, "txt")), title)
		}
	}
}

// wantedMark is what a report begins with.
func wantedMark(r *result.Result) string {
	switch {
	case slices.ContainsFunc(r.Verdict.Expectations, func(e result.ExpectationResult) bool { return !e.Pass }):
		return "FAIL"
	case r.Verdict.Partial:
		return "PARTIAL"
	case !r.Verdict.Complete:
		return "INCOMPLETE"
	case len(r.Verdict.Expectations) == 0:
		return "DONE"
	}
	return "PASS"
}

// junitForm is what CI servers read of the JUnit form.
type junitForm struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// CI servers count what the verdict counts.
func TestJUnitForm(t *testing.T) {
	for name, tape := range tapes() {
		r := tape.build(t)
		var got junitForm
		require.NoError(t, xml.Unmarshal(render(t, r, "junit.xml"), &got))
		require.Len(t, got.Suites, 1)
		suite := got.Suites[0]
		require.Equal(t, r.Scenario, suite.Name)
		require.Len(t, suite.Cases, 1+len(r.Verdict.Expectations))
		require.Equal(t, len(suite.Cases), got.Tests)
		require.Equal(t, r.Verdict.Complete, got.Errors == 0)
		failures := 0
		for i, e := range r.Verdict.Expectations {
			require.Equal(t, e.Pass, suite.Cases[i+1].Failure == nil, name)
			if !e.Pass {
				failures++
				require.NotEmpty(t, suite.Cases[i+1].Failure.Message)
			}
		}
		require.Equal(t, failures, got.Failures)
	}
}

func TestValueJSON(t *testing.T) {
	for _, v := range []stat.Value{0, -1.5, 1e300, stat.Value(math.Inf(1)), stat.Value(math.Inf(-1)), stat.Missing} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		var got stat.Value
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, math.Float64bits(float64(v)), math.Float64bits(float64(got)))
	}
	var v stat.Value
	require.ErrorContains(t, v.UnmarshalJSON([]byte(`"much"`)),
		`value: must be a number, null, "Infinity" or "-Infinity", got "much"`)
}
