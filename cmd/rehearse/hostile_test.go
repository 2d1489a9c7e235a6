package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios"
)

const hostileFolder = "testdata/hostile"

// Bounds of what one hostile input may cost, on a busy machine.
const (
	hostileTime   = 20 * time.Second
	hostileMemory = 700 << 10 // KiB resident at the most
	hostileLimit  = 8 << 20   // KiB of address space, under which it runs
	leastInputs   = 15        // of each surface
)

// hostileCase is an entry of testdata/hostile/SURFACE.yaml. What it gives stands
// in SURFACE.want.
type hostileCase struct {
	Name    string
	Kind    string               // the kind of fault, one of hostileKinds
	Files   map[string]yaml.Node // text, or a hostileText
	Command string               // of a shell; "rehearse" is the one under test
	Each    []string             // the case is run with each of these in place of $X
	Why     string               // what was wrong, for the reader
}

// hostileText is text with a part that is repeated.
type hostileText struct {
	Before, Repeat, After string
	Times                 int
	Gzip                  bool
}

var hostileKinds = []string{"output-is-input", "expansion", "absurd-number", "foreseeable-state", "endless-reading",
	"control-characters", "identity", "confined", "small"}

// hostileSurfaces are the ways in and out; each has a file of cases.
var hostileSurfaces = []string{"manifests", "scenarios", "set-paths", "nodes", "scheduler", "traces", "gzipped-traces",
	"prometheus", "records", "check-files",
	"scaledobjects", "indexes", "targets", "outputs", "streams", "signals", "confined", "flags", "calibrations", "lives",
	"limits", "charts", "kustomizations", "plans", "rollouts", "sweeps"}

// ownProcess are the surfaces on which each command needs a process: what they try is the
// process's own, its streams, signals and memory.
var ownProcess = []string{"streams", "signals", "limits"}

// surface reads the cases of a surface, one for each value of Each.
func surface(t *testing.T, name string) []hostileCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(hostileFolder, name+".yaml"))
	require.NoError(t, err)
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var list, all []hostileCase
	require.NoError(t, d.Decode(&list), name)
	for _, c := range list {
		require.Contains(t, hostileKinds, c.Kind, c.Name)
		if c.Each == nil {
			c.Each = []string{""}
		}
		for _, x := range c.Each {
			one := c
			one.Each = []string{x}
			if x != "" {
				one.Name = fmt.Sprintf("%s: %.60q", c.Name, x)
			}
			all = append(all, one)
		}
	}
	return all
}

// prepare writes the files of a case into a folder, beside the common ones.
func (c hostileCase) prepare(t *testing.T, folder string) {
	t.Helper()
	require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Join(hostileFolder, "common"))))
	for name, node := range c.Files {
		if node.Kind == yaml.AliasNode {
			node = *node.Alias
		}
		text := node.Value
		var long hostileText
		if node.Kind == yaml.MappingNode {
			require.NoError(t, node.Decode(&long), c.Name)
			text = long.Before + strings.Repeat(long.Repeat, long.Times) + long.After
		}
		text = strings.ReplaceAll(text, "$X", c.Each[0])
		if long.Gzip {
			var zipped bytes.Buffer
			w := gzip.NewWriter(&zipped)
			_, err := w.Write([]byte(text))
			require.NoError(t, errors.Join(err, w.Close()))
			text = zipped.String()
		}
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

var simulatedIn = regexp.MustCompile(`(?m)^simulated .*\n`)

// run runs the command of a case and says what came of it. The shell's rehearse goes to
// the server, or starts the command where that is nil, as $REHEARSE does.
func (c hostileCase) run(t *testing.T, commands builtCommands, server *commandServer) (told string, code int) {
	t.Helper()
	folder := t.TempDir()
	c.prepare(t, folder)
	ctx, cancel := context.WithTimeout(t.Context(), hostileTime)
	defer cancel()
	called := commands.rehearse
	if server != nil {
		called = commands.handover
		server.resetPeak(t)
	}
	script := fmt.Sprintf("ulimit -v %d; export REHEARSE=%q; rehearse() { %q \"$@\"; }; %s", hostileLimit,
		commands.rehearse, called, strings.ReplaceAll(c.Command, "$X", c.Each[0]))
	shell := exec.CommandContext(ctx, "bash", "-c", script)
	shell.Dir = folder
	if server != nil {
		shell.Env = append(os.Environ(), handoverTo+"="+server.socket)
	}
	shell.WaitDelay = time.Second
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
	var out, diagnostics bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &diagnostics
	err := shell.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Errorf("%s: %s", c.Name, err)
	}
	if ctx.Err() != nil {
		t.Errorf("%s: takes longer than %s\n%s", c.Name, hostileTime, diagnostics.String())
		return "", -1
	}
	taken := shell.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if server != nil {
		taken = max(taken, server.peak(t))
	}
	assert.LessOrEqual(t, taken, int64(hostileMemory), "%s: takes %d MiB", c.Name, taken>>10)
	told = simulatedIn.ReplaceAllString(diagnostics.String(), "")
	if first, _, _ := strings.Cut(out.String(), "\n"); first != "" {
		told = "> " + first + "\n" + told
	}
	for _, text := range []string{out.String(), diagnostics.String()} {
		assert.NotContains(t, text, "goroutine", c.Name)
		assert.NotContains(t, text, "hunter2", "%s: tells a secret", c.Name)
		assert.NotRegexp(t, `(?m)^PASS +(everything|y)`, text, "%s: forges a verdict", c.Name)
		for _, r := range strings.NewReplacer("\n", "", "\t", "").Replace(text) {
			if scenarios.Control(r) {
				t.Errorf("%s: writes %U", c.Name, r)
				break
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(folder, ".*.part"))
	require.NoError(t, err)
	assert.Empty(t, left, c.Name)
	return strings.ReplaceAll(told, folder, "FOLDER"), shell.ProcessState.ExitCode()
}

// Each hostile input gets its exit code and its message, in bounded time and
// memory. No input is a fault of rehearse.
func TestHostileInputs(t *testing.T) {
	commands := built(t)
	for _, name := range hostileSurfaces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *commandServer
			if !slices.Contains(ownProcess, name) {
				server = newCommandServer(t, hostileLimit)
			}
			var got strings.Builder
			for _, c := range surface(t, name) {
				told, code := c.run(t, commands, server)
				assert.Contains(t, []int{exitOK, exitFailed, exitBadInput, 4, exitInterrupted}, code, "%s\n%s", c.Name, told)
				fmt.Fprintf(&got, "== %s\nexit %d\n%s", c.Name, code, told)
			}
			if name == "signals" {
				return // how far a run comes before its signal is the machine's; what holds is above
			}
			want := filepath.Join(hostileFolder, name+".want")
			if *update {
				require.NoError(t, os.WriteFile(want, []byte(got.String()), 0o644))
			}
			data, err := os.ReadFile(want)
			require.NoError(t, err)
			assert.Equal(t, string(data), got.String())
		})
	}
}

// Every way in and out has hostile inputs, every kind of fault is among them, and
// every command and flag meets some.
func TestEverySurfaceHasHostileInputs(t *testing.T) {
	all, commands := 0, ""
	kinds := map[string]bool{}
	for _, name := range hostileSurfaces {
		cases := surface(t, name)
		assert.GreaterOrEqual(t, len(cases), leastInputs, name)
		all += len(cases)
		for _, c := range cases {
			kinds[c.Kind] = true
			commands += " " + strings.ReplaceAll(c.Command, "$X", c.Each[0]) + " ;"
		}
	}
	assert.GreaterOrEqual(t, all, 300)
	for _, kind := range hostileKinds {
		assert.True(t, kinds[kind], "no hostile input of the kind %s", kind)
	}
	root := newRoot(Streams{})
	for _, command := range root.Commands() {
		if slices.Contains([]string{"help", "completion"}, command.Name()) {
			continue
		}
		assert.Contains(t, commands, "rehearse "+command.Name()+" ", "no hostile input for the command %s", command.Name())
		eachFlag(command, func(flag string) {
			assert.Regexp(t, "rehearse "+command.Name()+" [^;|]*--"+flag+"[ =]", commands, "no hostile input for %s --%s",
				command.Name(), flag)
		})
	}
}

func eachFlag(c *cobra.Command, f func(name string)) {
	c.Flags().VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "help" {
			f(flag.Name)
		}
	})
}
