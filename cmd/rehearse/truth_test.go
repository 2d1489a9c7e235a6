package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func truthOf(t *testing.T, arguments ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(t.Context(), append([]string{"truth"}, arguments...), Streams{Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// Every recorded case goes the way in which it went in a real control plane.
func TestSimulationAgreesWithEveryRecordedCase(t *testing.T) {
	cases, err := filepath.Glob("testdata/truth/*/recorded.jsonl")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cases), 11)
	for _, recorded := range cases {
		folder := filepath.Dir(recorded)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			code, out, fault := truthOf(t, filepath.Join(folder, "scenario.yaml"), recorded)
			require.Empty(t, fault)
			require.Zero(t, code, out)
			require.Contains(t, out, "agree")
		})
	}
}

// A recording that went otherwise is told from the simulation, and the first
// difference is shown.
func TestChangedRecordingsAreShown(t *testing.T) {
	const folder = "testdata/truth/rollout-zero-downtime/"
	data, err := os.ReadFile(folder + "recorded.jsonl")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	find := func(text string, n int) int {
		for i, l := range lines {
			if strings.Contains(l, text) {
				if n--; n < 0 {
					return i
				}
			}
		}
		t.Fatalf("no line %q", text)
		return 0
	}
	for name, c := range map[string]struct {
		change func(lines []string) []string
		want   string
	}{
		"one pod more": {func(l []string) []string {
			return append(l, `{"t":30,"kind":"created","object":"default/Deployment/web","revision":2,"pod":"web-x"}`)
		}, "← not in the simulation"},
		"one pod less": {func(l []string) []string {
			i := find(`"kind":"created"`, 3)
			return append(l[:i:i], l[i+1:]...)
		}, "← not in the recording"},
		"two scale steps swapped": {func(l []string) []string {
			i, j := find(`"kind":"scaled"`, 2), find(`"kind":"scaled"`, 3)
			timeI, restI, _ := strings.Cut(l[i], ",")
			timeJ, restJ, _ := strings.Cut(l[j], ",")
			l[i], l[j] = timeI+","+restJ, timeJ+","+restI
			return l
		}, "in another order"},
		"a time off by 3 s": {func(l []string) []string {
			i := find(`"kind":"ready"`, 8)
			l[i] = strings.Replace(l[i], `"t":44.`, `"t":47.`, 1)
			return l
		}, "s earlier, at most 0.5"},
		"another node": {func(l []string) []string {
			i := find(`"kind":"bound"`, 0)
			l[i] = strings.Replace(l[i], `"node":"cpu-`, `"node":"gpu-`, 1)
			return l
		}, "in the recording, to ["},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "changed.jsonl")
			changed := c.change(append([]string(nil), lines...))
			require.NoError(t, os.WriteFile(path, []byte(strings.Join(changed, "\n")), 0o600))
			code, out, fault := truthOf(t, folder+"scenario.yaml", path)
			require.Empty(t, fault)
			require.Equal(t, exitFailed, code, out)
			require.Contains(t, out, c.want)
			if name != "another node" { // which is a finding of no single line
				require.Contains(t, out, "\n> ")
			}
		})
	}
}

func TestTruthNamesWhatIsWrongWithItsInput(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	require.NoError(t, os.WriteFile(bad,
		[]byte("{\"t\":1,\"type\":\"MARK\",\"name\":\"x\"}\n{\"type\":\"ADDED\",\"kind\":\"Pod\",\"name\":\"p\"}\n"), 0o600))
	code, _, fault := truthOf(t, "--extract", bad)
	require.Equal(t, exitBadInput, code)
	require.Contains(t, fault, bad+":2: t: must be the seconds at which the event was received, got none")
	code, _, fault = truthOf(t, bad)
	require.Equal(t, exitBadInput, code)
	require.Contains(t, fault, "accepts 2 arg(s), received 1")
}
