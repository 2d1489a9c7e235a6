package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDiff plays what docs/results.md shows: two runs part where a setting first
// matters, and the same run does not differ from itself.
func TestDiff(t *testing.T) {
	folder := t.TempDir()
	before, after, again := filepath.Join(folder, "before.jsonl"), filepath.Join(folder, "after.jsonl"),
		filepath.Join(folder, "again.jsonl")
	play := func(records string, more ...string) {
		arguments := []string{"run", "scenarios/gallery/hot-pod-oom.yaml", "--replications", "1", "--duration", "10m",
			"--records", records}
		_, diagnostics, code := rehearse(t, append(arguments, more...)...)
		require.Equal(t, exitOK, code, diagnostics)
	}
	play(before)
	play(again)
	play(after, "--set", "workloads[0].start=3s")

	out, _, code := rehearse(t, "diff", before, again)
	require.Equal(t, exitOK, code)
	require.Contains(t, out, " have the same ")

	out, diagnostics, code := rehearse(t, "diff", before, after)
	require.Equal(t, exitFailed, code)
	require.Empty(t, diagnostics)
	head, records, found := strings.Cut(strings.ReplaceAll(out, folder+"/", ""), "\n\n")
	require.True(t, found)
	require.True(t, strings.HasPrefix(records, "--- before.jsonl\n+++ after.jsonl\n"))
	document, err := os.ReadFile("docs/results.md")
	require.NoError(t, err)
	require.Contains(t, string(document), "```text\n"+head+"\n```", "docs/results.md shows another difference")
}

// TestEditedRecordsAreTold: the report is given, with a warning.
func TestEditedRecordsAreTold(t *testing.T) {
	records := filepath.Join(t.TempDir(), "r.jsonl")
	_, _, code := rehearse(t, "run", "scenarios/gallery/cpu-limit-loop.yaml", "--replications", "1", "--records", records)
	require.Equal(t, exitOK, code)
	data, err := os.ReadFile(records)
	require.NoError(t, err)
	line := strings.Index(string(data), `{"kind":"pod-scheduled"`)
	require.Positive(t, line)
	edited := string(data[:line]) + strings.Replace(string(data[line:]), `,"node":"`, `,"node":"x`, 1)
	require.NoError(t, os.WriteFile(records, []byte(edited), 0o600))
	out, diagnostics, _ := rehearse(t, "report", records)
	require.NotEmpty(t, out)
	require.Regexp(t, `^warning: .*r.jsonl:\d+: the records of replication 0 are not as they were written\n$`, diagnostics)
}
