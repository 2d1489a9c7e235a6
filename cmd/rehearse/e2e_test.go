package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/gallery"
)

// TestMain runs the tests at the root of the module, where users stand.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == commandName {
		main()
	}
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		panic(err)
	}
	if socket := os.Getenv(serveAt); socket != "" {
		serveCommands(socket)
	}
	code := m.Run()
	if folder, err := commandsFolder(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// rehearse runs a command line.
func rehearse(t *testing.T, arguments ...string) (out, diagnostics string, code int) {
	t.Helper()
	return rehearseWith(t.Context(), "", arguments...)
}

func rehearseWith(ctx context.Context, in string, arguments ...string) (out, diagnostics string, code int) {
	var stdout, stderr bytes.Buffer
	code = Main(ctx, arguments, Streams{In: strings.NewReader(in), Out: &stdout, Err: &stderr})
	return stdout.String(), stderr.String(), code
}

func galleryFile(name string) string { return "scenarios/gallery/" + name + ".yaml" }

// Every shipped scenario ends as it says.
func TestGalleryHolds(t *testing.T) {
	require.GreaterOrEqual(t, len(gallery.Names()), 6)
	for _, name := range gallery.Names() {
		t.Run(name, func(t *testing.T) {
			out, diagnostics, code := rehearse(t, "run", galleryFile(name), "--no-sensitivity")
			assert.Equal(t, exitOK, code, "%s\n%s", out, diagnostics)
			assert.True(t, strings.HasPrefix(out, "PASS  "+name), out)
		})
	}
}

// The same input and seed give the same bytes on any number of cores, and
// another seed gives others.
func TestSameBytesOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, name := range gallery.Names() {
		t.Run(name, func(t *testing.T) {
			run := func(cores int, more ...string) (result, records string) {
				runtime.GOMAXPROCS(cores)
				file := filepath.Join(t.TempDir(), "records.jsonl")
				out, diagnostics, code := rehearse(t, append([]string{"run", galleryFile(name), "-o", "json",
					"--records", file, "--replications", "3"}, more...)...)
				require.Contains(t, []int{exitOK, exitFailed}, code, diagnostics)
				data, err := os.ReadFile(file)
				require.NoError(t, err)
				return out, string(data)
			}
			result, records := run(1, "--seed", "7")
			r, rec := run(8, "--seed", "7")
			assert.True(t, r == result, "the result differs at GOMAXPROCS 8")
			assert.True(t, rec == records, "the records differ at GOMAXPROCS 8")
			// The search for numbers that decide writes no records.
			_, rec = run(2, "--seed", "7", "--no-sensitivity")
			assert.True(t, rec == records, "the records differ at GOMAXPROCS 2")
			_, other := run(2, "--seed", "8", "--no-sensitivity")
			assert.False(t, sameButForSeed(records, other), "another seed gives the same records")
		})
	}
}

// sameButForSeed compares records without their header, which holds the seed.
func sameButForSeed(a, b string) bool {
	_, a, _ = strings.Cut(a, "\n")
	_, b, _ = strings.Cut(b, "\n")
	return a == b
}

// A report from the records file has the numbers of the run.
func TestReportFromRecords(t *testing.T) {
	for _, format := range []string{"text", "json", "md"} {
		file := filepath.Join(t.TempDir(), "records.jsonl")
		run, _, code := rehearse(t, "run", galleryFile("memory-leak"), "-o", format, "--records", file)
		require.Equal(t, exitOK, code)
		reported, _, code := rehearse(t, "report", file, "-o", format)
		require.Equal(t, exitOK, code)
		assert.Equal(t, run, reported)
	}
}

func TestJSONResult(t *testing.T) {
	out, _, code := rehearse(t, "run", galleryFile("gpu-rollout-deadlock"), "-o", "json")
	require.Equal(t, exitOK, code)
	var result map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	for _, member := range []string{"schema", "scenario", "seed", "replications", "duration", "verdict", "capacity", "oom",
		"downtime",
		"services", "workloads", "pools", "nodes", "pods", "hpa", "pending", "events"} {
		assert.Contains(t, result, member)
	}
}

// Manifests alone are enough; what is assumed is said.
func TestManifestsAlone(t *testing.T) {
	out, diagnostics, code := rehearse(t, "run", "scenarios/gallery/ai-agent", "--nodes", "3xaws/m7i.large", "--rps", "20",
		"--duration", "10m")
	require.Equal(t, exitOK, code, diagnostics)
	assert.Contains(t, out, "ASSUMED")
	assert.Contains(t, out, "Service ai-agents/ai-agent-svc: 20 requests/s")
	assert.Contains(t, out, "Secret default/ai-secrets is taken to exist")

	nodes := "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: \"4\", memory: 8Gi, pods: \"20\"}}\n"
	pods := "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
	out, diagnostics, code = rehearseWith(t.Context(), nodes+pods, "run", "-", "-o", "json")
	require.Equal(t, exitOK, code, diagnostics)
	assert.Contains(t, out, `"n1"`)
}

func TestTestCommand(t *testing.T) {
	junit := filepath.Join(t.TempDir(), "junit.xml")
	names := []string{"daemonset-grows", "drain-without-end", "gpu-rollout-deadlock"} // README.md tests the folder
	arguments := []string{"test", "--junit", junit}
	for _, name := range names {
		arguments = append(arguments, galleryFile(name))
	}
	out, _, code := rehearse(t, arguments...)
	assert.Equal(t, exitOK, code, out)
	data, err := os.ReadFile(junit)
	require.NoError(t, err)
	for _, name := range names {
		assert.Contains(t, string(data), name)
	}

	out, _, code = rehearse(t, "test", galleryFile("ai-agent"), "--replications", "2", "--set", "expect[0].atLeast=4")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "1 failed")
}

func TestCompare(t *testing.T) {
	out, diagnostics, code := rehearse(t, "compare", galleryFile("ai-agent"), "--replications", "4", "--vs",
		"Deployment/ai-agent:spec.replicas=5")
	require.Equal(t, exitOK, code, diagnostics)
	assert.Contains(t, out, "workload.headroom")

	luck, _, code := rehearse(t, "compare", galleryFile("ai-agent"), "--replications", "3", "--vs", "seed=99")
	require.Equal(t, exitOK, code)
	assert.Contains(t, luck, "~", "other luck is no difference")

	same, _, code := rehearse(t, "compare", galleryFile("ai-agent"), galleryFile("ai-agent"), "--replications", "3")
	require.Equal(t, exitOK, code)
	assert.Contains(t, same, "the same value in every pair")
	assert.Contains(t, same, "~ no difference is borne out")

	many, diagnostics, code := rehearse(t, "compare", galleryFile("ai-agent"), "--replications", "3", "--duration", "40m",
		"--vs", "Deployment/ai-agent:spec.replicas=4|5", "--vs", "Deployment/ai-agent:spec.minReadySeconds=10", "-o", "csv",
		"--min-effect", "5%", "--min-effect", "service.availability=0.1%")
	require.Equal(t, exitOK, code, diagnostics)
	rows, err := csv.NewReader(strings.NewReader(many)).ReadAll()
	require.NoError(t, err)
	settings := map[string]bool{}
	for _, row := range rows[1:] {
		settings[row[4]] = true
		assert.Equal(t, "as given", row[3])
	}
	assert.Equal(t, map[string]bool{"replicas=4 minReadySeconds=10": true, "replicas=5 minReadySeconds=10": true}, settings)
}

// Each of these is the user's fault: exit code 2, a line for each fault, and
// nothing on standard output.
func TestBadInput(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	huge := file("huge.yaml", "")
	require.NoError(t, os.Truncate(huge, 100<<20))
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  %s\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i}]}\n"
	require.NoError(t, os.Mkdir(filepath.Join(folder, "empty"), 0o700))
	pool := []string{"--nodes", "1xaws/m7i.large"}
	for name, c := range map[string]struct {
		arguments []string
		want      string
	}{
		"wrong field": {append([]string{"run", file("field.yaml", strings.Replace(deployment, "%s", "replicaz: 3", 1))},
			pool...), `field.yaml:5: spec.replicaz: strict decoding error: unknown field "spec.replicaz"`},
		"negative": {
			append([]string{"run", file("negative.yaml", strings.Replace(deployment, "%s", "replicas: -1", 1))}, pool...),
			"negative.yaml:5: spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
		"empty folder": {append([]string{"run", filepath.Join(folder, "empty")}, pool...),
			"must hold at least one .yaml, .yml or .json file"},
		"binary": {append([]string{"run", file("binary.yaml", "\x7fELF\x00\x01")}, pool...),
			"binary.yaml:1: must be UTF-8 text, got binary data"},
		"truncated": {append([]string{"run", file("truncated.yaml", "kind: Pod\n  metadata: {na")}, pool...),
			"truncated.yaml:2: must be YAML or JSON"},
		"huge":        {append([]string{"run", huge}, pool...), "must be at most 64 MiB, got 100 MiB"},
		"no machines": {[]string{"run", "scenarios/gallery/ai-agent"}, "--nodes: must say what the machines are"},
		"unknown machine": {[]string{"run", "scenarios/gallery/ai-agent", "--nodes", "3xaws/m7i.lrge"},
			"did you mean aws/m7i.large?"},
		"no file":         {[]string{"run", "nowhere.yaml"}, "nowhere.yaml: no such file or directory"},
		"no argument":     {[]string{"run"}, "requires at least 1 arg"},
		"unknown flag":    {[]string{"run", "--colour"}, "unknown flag"},
		"unknown command": {[]string{"rum"}, "unknown command"},
		"unknown format":  {[]string{"run", galleryFile("ai-agent"), "-o", "yaml"}, "--output: must be one of"},
		"bad set": {[]string{"run", galleryFile("ai-agent"), "--set", "cluster.pools[7].count=1"},
			"must be below 1, got [7]"},
		"no scenario": {[]string{"test", filepath.Join(folder, "empty")}, "must hold at least one file of kind Scenario"},
		"bad records": {[]string{"report", file("records.jsonl", "{}\n")}, "records.jsonl:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			out, diagnostics, code := rehearse(t, c.arguments...)
			assert.Equal(t, exitBadInput, code, diagnostics)
			assert.Contains(t, diagnostics, c.want)
			assert.Empty(t, out)
			assert.NotContains(t, diagnostics, "goroutine")
		})
	}
}

// An interrupt ends a long run within a second and says how far it came.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	done := make(chan struct{})
	var out, diagnostics string
	var code int
	go func() {
		defer close(done)
		out, diagnostics, code = rehearseWith(ctx, "", "run", galleryFile("ai-agent"), "--duration", "8000h", "--set",
			"traffic[0].rate.diurnal.mean=2000", "--set", "traffic[0].rate.diurnal.period=24h")
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("did not stop")
	}
	assert.Equal(t, exitInterrupted, code, diagnostics)
	assert.Contains(t, diagnostics, "interrupted: 0 of 20 replications are complete")
	assert.Empty(t, out)
}

// A Secret that the scenario says is absent keeps the container that needs it
// from being created, with the kubelet's words.
func TestAbsentSecret(t *testing.T) {
	records := filepath.Join(t.TempDir(), "records.jsonl")
	out, diagnostics, code := rehearse(t, "run", galleryFile("ai-agent"), "--replications", "1", "--records", records,
		"--set", "absent=[{kind: Secret, namespace: default, name: ai-secrets}]")
	require.Equal(t, exitOK, code, diagnostics)
	data, err := os.ReadFile(records)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"reason":"CreateContainerConfigError","message":"secret \"ai-secrets\" not found"`)
	assert.Contains(t, out, "CreateContainerConfigError")
	assert.NotContains(t, out, "ai-secrets is taken to exist")
}
