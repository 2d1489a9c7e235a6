package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manyTimes is a scenario that is played so often that nobody waits for its end.
const manyTimes = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: many
duration: 5m
replications: 10000
cluster: {pools: [{name: cpu, capacity: {cpu: 4, memory: 16Gi}}]}
manifests:
` + twoServers + `- {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
traffic: [{service: web, rate: {constant: 2}}]
expect: [{metric: pods.pending, atMost: 0}, {metric: steps.failed, equals: 0}]
`

// whenComplete calls f once some replications are among the records that are being
// written beside a file.
func whenComplete(t *testing.T, records string, f func()) {
	t.Helper()
	go func() {
		for t.Context().Err() == nil {
			parts, _ := filepath.Glob(filepath.Join(filepath.Dir(records), ".*.part"))
			for _, part := range parts {
				data, _ := os.ReadFile(part)
				if bytes.Count(data, []byte(`"kind":"end"`)) >= 3 {
					f()
					return
				}
			}
			time.Sleep(time.Millisecond)
		}
	}()
}

// verdictOf is the verdict of a result in JSON.
func verdictOf(t *testing.T, out string) (v struct {
	Completed, Replications int
	Verdict                 struct {
		Pass, Complete, Partial bool
		Interrupted             string
	}
	Values map[string][]*float64
}) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(out), &v), out)
	return v
}

// A run that is interrupted reports on the replications that are complete, in every
// form, and never passes. Its records are those of the whole replications.
func TestInterruptedRunsArePartial(t *testing.T) {
	file := scenarioFile(t, manyTimes)
	for _, format := range []string{"text", "json", "md"} {
		records := filepath.Join(t.TempDir(), "r.jsonl")
		ctx, cancel := context.WithCancel(t.Context())
		whenComplete(t, records, cancel)
		out, diagnostics, code := rehearseWith(ctx, "", "run", file, "-o", format, "--records", records)
		cancel()
		require.Equal(t, exitInterrupted, code, diagnostics)
		assert.Regexp(t, `^interrupted: \d+ of 10000 replications are complete, the next one was at `, diagnostics)
		assert.NotContains(t, out, "PASS")
		reported, diagnostics, code := rehearse(t, "report", records, "-o", "json")
		require.Equal(t, exitFailed, code, diagnostics)
		of := verdictOf(t, reported)
		assert.GreaterOrEqual(t, of.Completed, 3)
		assert.Equal(t, 10000, of.Replications)
		if format == "json" {
			v := verdictOf(t, out)
			assert.Equal(t, of.Completed, v.Completed)
			assert.False(t, v.Verdict.Pass)
			assert.False(t, v.Verdict.Complete)
			assert.True(t, v.Verdict.Partial)
			assert.Len(t, v.Values["pods.pending"], v.Completed)
			continue
		}
		assert.Contains(t, out, "PARTIAL")
		assert.Regexp(t,
			`\(partial: \d+ of 10,000 replications of 5m complete, then it was interrupted, seed 1, 1 container as assumed\)`,
			oneLine(out))
	}
}

// The complete replications of a partial run are those of the whole one.
func TestPartialRunsSayWhatWholeOnesSay(t *testing.T) {
	file, records := scenarioFile(t, manyTimes), filepath.Join(t.TempDir(), "r.jsonl")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	whenComplete(t, records, cancel)
	_, diagnostics, code := rehearseWith(ctx, "", "run", file, "--records", records)
	require.Equal(t, exitInterrupted, code, diagnostics)
	data, err := os.ReadFile(records)
	require.NoError(t, err)
	complete := bytes.Count(data, []byte(`"kind":"end"`))
	require.True(t, bytes.Contains(data[bytes.LastIndexByte(data[:len(data)-1], '\n'):], []byte(`"reason":"horizon"`)))
	whole := filepath.Join(t.TempDir(), "whole.jsonl")
	_, diagnostics, code = rehearse(t, "run", file, "--records", whole, "--replications", "40")
	require.Equal(t, exitOK, code, diagnostics)
	all, err := os.ReadFile(whole)
	require.NoError(t, err)
	_, got, _ := strings.Cut(string(data), "\n") // the header has the number of replications
	_, want, _ := strings.Cut(string(all), "\n")
	if complete > 40 {
		got = got[:len(want)]
	}
	assert.True(t, strings.HasPrefix(want, got), "the records differ")
}

// The memory limit stops a run as an interrupt does, with an exit code of its own.
func TestMemoryLimitGivesPartialRuns(t *testing.T) {
	file, records := scenarioFile(t, manyTimes), filepath.Join(t.TempDir(), "r.jsonl")
	var used atomic.Uint64
	whenComplete(t, records, func() { used.Store(2 << 30) })
	var out, diagnostics bytes.Buffer
	code := Main(t.Context(), []string{"run", file, "-o", "json", "--records", records, "--memory-limit", "1Gi"},
		Streams{Out: &out, Err: &diagnostics, used: used.Load})
	require.Equal(t, exitLimit, code, diagnostics.String())
	assert.Regexp(t,
		`^rehearse: the memory limit of 1Gi is reached: \d+ of 10000 replications are complete, the next one `,
		diagnostics.String())
	v := verdictOf(t, out.String())
	assert.GreaterOrEqual(t, v.Completed, 3)
	assert.True(t, v.Verdict.Partial)
	assert.False(t, v.Verdict.Pass)
	assert.Equal(t, "the memory limit of 1Gi is reached", v.Verdict.Interrupted)
}

// A suite judges what is complete of a scenario that is interrupted, and no other
// after it.
func TestInterruptedSuitesArePartial(t *testing.T) {
	file, next := scenarioFile(t, manyTimes), scenarioFile(t, manyTimes)
	junit := filepath.Join(t.TempDir(), "j.xml")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(2*time.Second, cancel)
	out, diagnostics, code := rehearseWith(ctx, "", "test", file, next, "--junit", junit)
	cancel()
	require.Equal(t, exitInterrupted, code, diagnostics)
	assert.Regexp(t, `^PARTIAL \S+ many: 2 of 2 expectations hold \(partial: `, oneLine(out))
	assert.Contains(t, out, "ERROR  "+next+": interrupted: 0 of 10000")
	assert.Contains(t, out, "2 scenarios, 2 failed")
	assert.NotContains(t, out, "PASS")
	data, err := os.ReadFile(junit)
	require.NoError(t, err)
	assert.Contains(t, string(data), `<testsuite name="many" tests="3" failures="0" errors="1" skipped="2">`)
	assert.Regexp(t, `<error message="partial: \d+ of 10,000 replications complete">then it was interrupted</error>`,
		string(data))
}

// Of a comparison whose second run is interrupted, the complete pairs are compared.
func TestInterruptedComparisonsArePartial(t *testing.T) {
	file := scenarioFile(t, strings.Replace(manyTimes, "replications: 10000", "replications: 3", 1))
	for _, format := range []string{"text", "json", "md"} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		out, diagnostics, code := rehearseWith(ctx, "", "compare", file, "--vs", "replications=10000", "--vs", "seed=2",
			"-o", format)
		cancel()
		require.Equal(t, exitInterrupted, code, diagnostics)
		assert.Contains(t, strings.ToLower(out), "partial")
		assert.Contains(t, out, "an interrupted run: only complete replications are paired")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out, _, code := rehearseWith(ctx, "", "compare", file, "--vs", "seed=2")
	assert.Equal(t, exitInterrupted, code)
	assert.Empty(t, out)
}
