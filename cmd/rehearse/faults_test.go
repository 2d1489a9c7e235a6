package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// faults is how many random faults are tried; seedOfFaults is that of the first.
var (
	faults       = flag.Int("faults", 12, "random faults in the middle of commands that are tried")
	seedOfFaults = flag.Uint64("faults-seed", 1, "seed of the first random fault")
)

// faultyCommand is a command that a fault meets. A command that writes something new
// joins here.
type faultyCommand struct {
	arguments []string
	output    string // the file that it writes, "" for none
	appends   bool   // it goes on with the file, so that there is none before
	// whole says what is wrong with the file after a run that was stopped.
	whole func(got, full []byte) error
}

var faultyCommands = []faultyCommand{
	{arguments: []string{"run", "a.yaml", "-o", "json", "--records", "out"}, output: "out", whole: isHead},
	{arguments: []string{"test", "a.yaml", "b.yaml", "--junit", "out"}, output: "out", whole: isXML},
	{arguments: []string{"compare", "a.yaml", "--vs", "Deployment/web:spec.replicas=2", "-o", "json"}},
	{arguments: []string{"sweep", "a.yaml", "--vary", "seed=1..4", "--out", "out.jsonl"}, output: "out.jsonl",
		appends: true, whole: isPrefix},
	{arguments: []string{"report", "full.jsonl", "-o", "json"}},
	{arguments: []string{"diff", "full.jsonl", "full.jsonl"}},
	{arguments: []string{"explain", "full.jsonl", "Deployment/web"}},
	{arguments: []string{"truth", "truth/scenario.yaml", "truth/recorded.jsonl"}},
	{arguments: []string{"truth", "--extract", "truth/recorded.jsonl"}},
	{arguments: []string{"calibrate", "runs.csv"}},
	{arguments: []string{"validate", "a.yaml"}},
}

// isPrefix holds that the file of a sweep is the begin of that of the whole one: its rest
// is cut off when the sweep goes on.
func isPrefix(got, full []byte) error {
	if !bytes.HasPrefix(full, got) {
		return errors.New("must be the begin of the file of the whole sweep")
	}
	return nil
}

// isHead holds that records that were stopped are whole lines of those of the whole
// run.
func isHead(got, full []byte) error {
	if !bytes.HasPrefix(full, got) || !bytes.HasSuffix(got, []byte("\n")) {
		return errors.New("must be the first lines of the records of the whole run")
	}
	return nil
}

// isXML holds that a JUnit file is one document.
func isXML(got, _ []byte) error {
	d := xml.NewDecoder(bytes.NewReader(got))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// struck is what came of a command.
type struck struct {
	code     int // -1: killed by a signal
	out      []byte
	told     string
	file     []byte
	leftover []string
	took     time.Duration
}

// fault is one way in which a machine lets a command down. Its script runs the
// command "$@"; after, if not 0, is when the signal comes.
type fault struct {
	name   string
	script string
	signal syscall.Signal
	after  time.Duration
}

// randomFault draws a fault for a command that takes so long and writes so much.
func randomFault(r *rand.Rand, took time.Duration, bytes int) fault {
	after := time.Duration(r.Int64N(int64(took)*6/5 + 1))
	signal := func(name string, s syscall.Signal) fault { return fault{name, `exec "$@"`, s, after} }
	switch r.IntN(8) {
	case 0:
		return signal("killed", syscall.SIGKILL)
	case 1:
		return signal("interrupted", syscall.SIGINT)
	case 2:
		return signal("terminated", syscall.SIGTERM)
	case 3:
		return fault{name: "full disk", script: fmt.Sprintf(`ulimit -f %d; exec "$@"`, r.IntN(bytes>>10+2))}
	case 4:
		return fault{name: "full standard output", script: `exec "$@" >/dev/full`}
	case 5:
		return fault{name: "closed standard output", script: fmt.Sprintf(`set -o pipefail; "$@" | head -c %d >/dev/null`,
			r.IntN(2000))}
	case 6:
		return fault{name: "memory limit", script: fmt.Sprintf(`exec "$@" --memory-limit %d`, leastMemory+r.IntN(32<<20))}
	}
	return fault{name: "little memory", script: fmt.Sprintf(`ulimit -v %d; exec "$@"`, 200<<10+r.IntN(1<<20))}
}

// strike runs a command in a folder of its own under a fault.
func (c faultyCommand) strike(t *testing.T, binary, inputs string, f fault) (s struck) {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(inputs)))
	if c.output != "" && !c.appends {
		require.NoError(t, os.WriteFile(filepath.Join(folder, c.output), []byte("old\n"), 0o644))
	}
	shell := exec.Command("bash", append([]string{"-c", f.script, "bash", binary}, c.arguments...)...)
	shell.Dir = folder
	var out, told bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &told
	begin := time.Now()
	require.NoError(t, shell.Start())
	if f.signal != 0 {
		timer := time.AfterFunc(f.after, func() { _ = shell.Process.Signal(f.signal) })
		defer timer.Stop()
	}
	err := shell.Wait()
	var exit *exec.ExitError
	require.True(t, err == nil || errors.As(err, &exit), "%v", err)
	s = struck{code: shell.ProcessState.ExitCode(), out: out.Bytes(), told: told.String(), took: time.Since(begin)}
	if c.output != "" {
		s.file, err = os.ReadFile(filepath.Join(folder, c.output))
		require.True(t, err == nil || c.appends && errors.Is(err, os.ErrNotExist), "%v", err)
	}
	s.leftover, err = filepath.Glob(filepath.Join(folder, ".*.part"))
	require.NoError(t, err)
	return s
}

// TestRandomFaults stops commands at random moments in random ways: by signals, a
// full disk, little memory, a memory limit, a closed standard output. What a command writes is whole
// or is what was there before; the exit code of a success stands for a whole output;
// and a verdict that was printed is not taken back.
func TestRandomFaults(t *testing.T) {
	binary := built(t).rehearse
	inputs := t.TempDir()
	require.NoError(t, os.CopyFS(inputs, os.DirFS(filepath.Join(hostileFolder, "common"))))
	for _, name := range []string{"a.yaml", "b.yaml"} {
		scenario := "apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\nname: " + name +
			"\nduration: 20h\nreplications: 3\n" +
			"cluster: {pools: [{name: cpu, capacity: {cpu: 4, memory: 16Gi}}]}\nmanifests: [web.yaml]\n" +
			"traffic: [{service: web, rate: {constant: 2}}]\nexpect: [{metric: pods.pending, atMost: 0}]\n"
		require.NoError(t, os.WriteFile(filepath.Join(inputs, name), []byte(scenario), 0o644))
	}
	require.NoError(t, os.CopyFS(filepath.Join(inputs, "truth"), os.DirFS("testdata/truth/drain-pdb")))
	require.NoError(t, os.WriteFile(filepath.Join(inputs, "runs.csv"), []byte(
		"model,gpu,engine,engine_version,arrival,num_requests,rate_rps,in_mean,out_mean,ttft_mean_ms,tpot_mean_ms\n"+
			strings.Repeat("llama-3.1-8b,h100-80gb,vllm,0.15.1,poisson,20,2,100,10,20,8\n", 4)), 0o644))
	calm := fault{name: "nothing", script: `exec "$@"`}
	full := faultyCommands[0].strike(t, binary, inputs, calm)
	require.Equal(t, exitOK, full.code, full.told)
	require.NoError(t, os.WriteFile(filepath.Join(inputs, "full.jsonl"), full.file, 0o644))

	good := make([]struck, len(faultyCommands))
	for i, c := range faultyCommands {
		good[i] = c.strike(t, binary, inputs, calm)
		require.Equal(t, exitOK, good[i].code, good[i].told)
	}
	met := map[string]int{}
	for n := range *faults {
		seed := *seedOfFaults + uint64(n)
		r := rand.New(rand.NewPCG(seed, 0))
		i := r.IntN(len(faultyCommands))
		c := faultyCommands[i]
		f := randomFault(r, good[i].took, len(good[i].out)+len(good[i].file))
		s := c.strike(t, binary, inputs, f)
		met[f.name]++
		t.Run(fmt.Sprintf("%d %s %s", seed, c.arguments[0], f.name), func(t *testing.T) { s.check(t, c, f, good[i]) })
	}
	t.Log(met)
}

// check holds what came of a command to what a run in peace gives.
func (s struck) check(t *testing.T, c faultyCommand, f fault, good struck) {
	assert.NotContains(t, s.told, "panic:")
	crashed := s.code == -1 || strings.Contains(s.told, "out of memory") ||
		strings.Contains(s.told, "cannot allocate memory") || f.name == "little memory"
	allowed := []int{exitOK, exitBadInput}
	switch f.name {
	case "interrupted":
		allowed = []int{exitOK, exitInterrupted, -1} // before it listens for signals
	case "terminated":
		allowed = []int{exitOK, exitInterrupted, 128 + int(syscall.SIGTERM), -1}
	case "memory limit":
		allowed = []int{exitOK, exitLimit}
	case "killed":
		allowed = []int{exitOK, -1}
	case "closed standard output":
		allowed = append(allowed, 128+int(syscall.SIGPIPE))
	case "little memory":
		allowed = nil // the runtime's own
	}
	if allowed != nil {
		assert.Contains(t, allowed, s.code, s.told)
	}
	if s.code == exitOK && f.name != "closed standard output" {
		assert.Equal(t, string(good.out), string(s.out), "a success with another output")
		assert.True(t, sameButTimes(c, good.file, s.file), "a success with another file")
	}
	if stopped := s.code == exitInterrupted || s.code == exitLimit; stopped && len(s.out) > 0 {
		s.checkPartial(t, c)
	}
	if f.name == "full standard output" {
		assert.NotEqual(t, exitOK, s.code, "nobody has the output")
	}
	if c.output != "" && string(s.file) != "old\n" {
		assert.NoError(t, c.whole(s.file, good.file))
	}
	if !crashed {
		assert.Empty(t, s.leftover)
	}
	for _, line := range strings.Split(string(s.out), "\n") {
		if strings.HasPrefix(line, "PASS ") || strings.HasPrefix(line, "FAIL ") {
			assert.Contains(t, string(good.out), line, "another verdict")
		}
	}
}

// checkPartial holds that what a command says that was stopped is whole, is marked
// as partial, and passes nothing.
func (s struck) checkPartial(t *testing.T, c faultyCommand) {
	if !slices.Contains(c.arguments, "json") {
		return // the lines of a suite, below
	}
	var result struct {
		Partial bool
		Verdict struct{ Partial, Pass bool }
	}
	require.NoError(t, json.Unmarshal(s.out, &result), string(s.out))
	assert.True(t, result.Partial || result.Verdict.Partial)
	assert.False(t, result.Verdict.Pass)
}

// sameButTimes compares files; those of JUnit have the times that a run took.
func sameButTimes(c faultyCommand, a, b []byte) bool {
	if slices.Contains(c.arguments, "--junit") {
		return len(a) > 0 == (len(b) > 0) && isXML(b, nil) == nil
	}
	return bytes.Equal(a, b)
}
