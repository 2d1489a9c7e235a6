package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// row is a benchmark of the whole command, as a process.
type row struct {
	name      string
	input     func() string // of in.yaml, nil for none
	arguments []string
}

// rows are those of docs/performance.md.
var rows = []row{
	{"day-1000-pods", world{nodes: 100, deployments: 20, replicas: 50, duration: "24h", autoscalers: true,
		rollouts: 5}.yaml, nil},
	{"day-10000-pods", world{nodes: 1000, deployments: 200, replicas: 50, duration: "24h", autoscalers: true,
		rollouts: 50}.yaml, nil},
	{"start-10000-deployments", world{nodes: 1, deployments: 10_000, replicas: 1, duration: "1s", autoscalers: true}.yaml,
		nil},
	{"scale-to-4000", growing(4000).yaml, nil},
	{"scale-to-8000", growing(8000).yaml, nil},
	{"scale-to-16000", growing(16_000).yaml, nil},
	{"cron-400h", func() string { return cronWorld("400h") }, nil},
	{"cron-year", func() string { return cronWorld("8760h") }, nil},
	{"example", nil, []string{"run", galleryFile("ai-agent"), "--no-sensitivity"}},
	{"million-requests", requesting(1e6).yaml, nil},
	{"hundred-million-requests", requesting(1e8).yaml, nil},
	{"start", world{nodes: 1, deployments: 1, replicas: 1, duration: "1s"}.yaml, nil},
	{"read-10000-objects", func() string { return manifests(10_000) }, reading},
	{"read-64MB", func() string { return manifests(100_000) }, reading},
	{"place-7000-pods", func() string { return barePods(7000, 0) }, placing("1200xcpu=64,memory=256Gi")},
	{"place-50000-pods", func() string { return barePods(50_000, 100) }, placing("5000xcpu=16,memory=64Gi")},
	{"llm-10000-requests", func() string { return modelServers }, nil},
	// Bad input: none costs more than what changes.
	{"selector-of-everything", world{nodes: 100, deployments: 100, replicas: 20, duration: "1h", services: true,
		selector: "all: pods"}.yaml, nil},
	{"100000-labels", world{nodes: 1, deployments: 1, replicas: 1, duration: "1h", services: true,
		labels: 100_000}.yaml, nil},
	{"1000-services-of-one-pod", world{nodes: 1, deployments: 1, replicas: 1, duration: "1h",
		oneDeployment: 1000}.yaml, nil},
	{"autoscaler-of-50000-pods", world{nodes: 500, deployments: 1, replicas: 50_000, duration: "1h",
		autoscalers: true}.yaml, nil},
	{"labels-change-each-second", world{nodes: 10, deployments: 10, replicas: 20, duration: "1h", services: true,
		changes: 3000}.yaml, nil},
}

// placing runs manifests of pods on nodes.
func placing(nodes string) []string {
	return []string{"run", "in.yaml", "--nodes", nodes, "--replications", "1", "--duration", "10m", "--no-sensitivity"}
}

var reading = []string{"validate", "in.yaml", "--nodes", "1xcpu=4,memory=8Gi"}

func growing(pods int) world {
	return world{nodes: 50, deployments: 1, replicas: 1, duration: "30m", services: true, grow: pods}
}

func requesting(n float64) world {
	return world{nodes: 1, deployments: 1, replicas: 4, duration: "1h1m", services: true, requests: n / 3600}
}

// scales are how large worlds get along each dimension, for the exponent with which
// the time grows.
var scales = []struct {
	name  string
	sizes []int
	world func(n int) world
}{
	{"nodes", []int{100, 200, 400, 800}, func(n int) world {
		return world{nodes: n, deployments: 10, replicas: 20, duration: "1h", services: true}
	}},
	{"pods", []int{500, 1000, 2000, 4000}, func(n int) world {
		return world{nodes: 50, deployments: 10, replicas: n / 10, duration: "1h", autoscalers: true, services: true}
	}},
	{"deployments", []int{250, 500, 1000, 2000}, func(n int) world {
		return world{nodes: 50, deployments: n, replicas: 1, duration: "10m", autoscalers: true, services: true}
	}},
	{"requests", []int{1, 2, 4, 8}, func(n int) world { return requesting(float64(n) * 1e6) }},
	{"horizon", []int{24, 48, 96, 192}, func(n int) world {
		return world{nodes: 10, deployments: 10, replicas: 10, duration: fmt.Sprint(n, "h"), autoscalers: true,
			services: true}
	}},
}

// patient is how long a row may take; one that takes longer is skipped.
var patient = flag.Duration("bench-limit", 10*time.Minute, "how long one run of a benchmark may take")

// process is what a run of the command took.
type process struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident
}

// measure runs the command.
func measure(t testing.TB, binary, folder string, environment []string, arguments ...string) process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), *patient)
	defer cancel()
	command := exec.CommandContext(ctx, binary, arguments...)
	command.Dir, command.Env = folder, append(os.Environ(), environment...)
	var told strings.Builder
	command.Stderr = &told
	begin := time.Now()
	require.NoError(t, command.Start())
	peak := make(chan int64)
	done := make(chan struct{})
	go func() { peak <- peakOf(command.Process.Pid, done) }()
	err := command.Wait()
	close(done)
	if ctx.Err() != nil {
		t.Skipf("takes longer than %s", *patient)
	}
	require.NoError(t, err, told.String())
	state := command.ProcessState
	return process{time.Since(begin), state.UserTime() + state.SystemTime(), <-peak}
}

// peakOf is how many bytes a process had resident at the most; 0 where there is no
// /proc. What the system tells of a process that is over includes its parent's.
func peakOf(pid int, done <-chan struct{}) (most int64) {
	for {
		select {
		case <-done:
			return most
		case <-time.After(5 * time.Millisecond):
		}
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, text, is := strings.Cut(string(status), "VmHWM:"); is {
			var kib int64
			fmt.Sscan(text, &kib)
			most = kib << 10
		}
	}
}

// run runs a row b.N times.
func (r row) run(b *testing.B, binary string) (took process) {
	folder := b.TempDir()
	arguments := r.arguments
	if arguments == nil {
		arguments = []string{"run", "in.yaml", "--no-sensitivity"}
	}
	if r.input == nil {
		folder = "."
	} else {
		require.NoError(b, os.WriteFile(filepath.Join(folder, "in.yaml"), []byte(r.input()), 0o600))
	}
	n := 0
	for b.Loop() {
		one := measure(b, binary, folder, nil, arguments...)
		took.cpu, took.peak, n = took.cpu+one.cpu, max(took.peak, one.peak), n+1
	}
	took.cpu /= time.Duration(n)
	b.ReportMetric(took.cpu.Seconds(), "cpu-sec/op")
	b.ReportMetric(float64(took.peak), "peak-B")
	return took
}

// BenchmarkRows are the rows of docs/performance.md.
func BenchmarkRows(b *testing.B) {
	binary := benchedCommand(b)
	for _, r := range rows {
		b.Run(r.name, func(b *testing.B) { r.run(b, binary) })
	}
}

// BenchmarkScaling tells how the CPU time grows along each dimension: with n^exponent.
func BenchmarkScaling(b *testing.B) {
	binary := benchedCommand(b)
	for _, s := range scales {
		b.Run(s.name, func(b *testing.B) {
			var sizes, seconds []float64
			for _, n := range s.sizes {
				b.Run(fmt.Sprint(n), func(b *testing.B) {
					took := row{input: s.world(n).yaml}.run(b, binary)
					sizes, seconds = append(sizes, float64(n)), append(seconds, took.cpu.Seconds())
				})
			}
			b.Run("exponent", func(b *testing.B) {
				for b.Loop() { // nothing: the number is what counts
				}
				b.ReportMetric(exponent(sizes, seconds), "exponent")
			})
		})
	}
}

// BenchmarkReplicationsSideBySide is the wall time of eight replications on one core
// over that on two.
func BenchmarkReplicationsSideBySide(b *testing.B) {
	binary := benchedCommand(b)
	var speedups []float64
	for b.Loop() {
		wall := map[string]time.Duration{}
		for _, cores := range []string{"1", "2"} {
			wall[cores] = measure(b, binary, ".", []string{"GOMAXPROCS=" + cores}, "run", galleryFile("ai-agent"),
				"--replications", "8", "--duration", "8h").wall
		}
		speedups = append(speedups, wall["1"].Seconds()/wall["2"].Seconds())
	}
	slices.Sort(speedups)
	b.ReportMetric(speedups[len(speedups)/2], "speedup")
}

// BenchmarkSeedScenario is the shipped example within a process: 20 replications of 2
// hours, about 2.9 million requests.
func BenchmarkSeedScenario(b *testing.B) {
	for b.Loop() {
		if out, diagnostics, code := rehearseWith(b.Context(), "", "run", galleryFile("ai-agent")); code != exitOK {
			b.Fatal(out, diagnostics)
		}
	}
}

// exponent is the slope of log y over log x, by least squares.
func exponent(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, sxy float64
	for i := range x {
		a, b := math.Log(x[i]), math.Log(y[i])
		sx, sy, sxx, sxy = sx+a, sy+b, sxx+a*a, sxy+a*b
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

func benchedCommand(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "rehearse")
	out, err := exec.Command("go", "build", "-tags", "kustomize_disable_go_plugin_support", "-o", binary,
		"./cmd/rehearse").CombinedOutput()
	require.NoError(b, err, string(out))
	return binary
}

func TestExponent(t *testing.T) {
	assert.InDelta(t, 2, exponent([]float64{1, 2, 4}, []float64{3, 12, 48}), 1e-12)
	assert.InDelta(t, 0, exponent([]float64{1, 2, 4}, []float64{7, 7, 7}), 1e-12)
}

// The scenarios of the benchmarks are valid, and end as they should when they are
// small.
func TestBenchmarksRun(t *testing.T) {
	small := world{nodes: 2, deployments: 3, replicas: 2, duration: "11m", autoscalers: true, services: true, rollouts: 1,
		grow: 4, requests: 1, labels: 5, oneDeployment: 3, changes: 4}
	all := small
	all.selector = "all: pods"
	for _, text := range []string{small.yaml(), all.yaml(), cronWorld("10m")} {
		_, diagnostics, code := rehearse(t, "run", scenarioFile(t, text))
		assert.Equal(t, exitOK, code, diagnostics)
	}
	out, diagnostics, code := rehearse(t, "validate", scenarioFile(t, manifests(3)), "--nodes", "1xcpu=4,memory=8Gi")
	assert.Equal(t, exitOK, code, diagnostics)
	assert.Contains(t, out, "1 nodes, 3 objects")
	names := map[string]bool{}
	for _, r := range rows {
		assert.False(t, names[r.name], r.name)
		names[r.name] = true
	}
}
