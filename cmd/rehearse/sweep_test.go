package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sweepOf is a sweep of so many settings, which take some hundredths of a second each.
func sweepOf(settings int, out string) []string {
	return []string{"sweep", galleryFile("gpu-rollout-deadlock"), "--replications", "1", "--vary",
		fmt.Sprintf("seed=1..%d", settings), "--out", out}
}

// A sweep that is killed three times ends in the same file as one that was not. While it
// goes on, no other one writes into its file.
func TestAKilledSweepEndsInTheSameFile(t *testing.T) {
	commands := built(t)
	for _, format := range []string{"jsonl", "csv"} {
		folder := t.TempDir()
		whole, killed := filepath.Join(folder, "whole."+format), filepath.Join(folder, "killed."+format)
		begin := func(out string) *exec.Cmd {
			c := exec.Command(commands.rehearse, sweepOf(60, out)...)
			c.Stderr = new(bytes.Buffer)
			require.NoError(t, c.Start())
			return c
		}
		require.NoError(t, begin(whole).Wait())
		for kills := range 3 {
			c := begin(killed)
			grown := func() bool {
				info, err := os.Stat(killed)
				full, _ := os.Stat(whole)
				return err == nil && info.Size() > full.Size()*int64(kills+1)/5
			}
			for !grown() {
				time.Sleep(time.Millisecond)
			}
			if kills == 0 {
				other := exec.Command(commands.rehearse, sweepOf(60, killed)...)
				said, err := other.CombinedOutput()
				if strings.Contains(string(said), "must be of no other sweep that goes on") {
					require.Error(t, err)
				} else {
					t.Logf("the first sweep was over before: %s", said)
				}
			}
			require.NoError(t, c.Process.Kill())
			_ = c.Wait()
		}
		last := begin(killed)
		require.NoError(t, last.Wait())
		assert.Contains(t, last.Stderr.(*bytes.Buffer).String(), "the sweep goes on there")
		want, err := os.ReadFile(whole)
		require.NoError(t, err)
		got, err := os.ReadFile(killed)
		require.NoError(t, err)
		require.Equal(t, len(want), len(got))
		require.True(t, bytes.Equal(want, got))
	}
}

// What a sweep measures of a setting is what a run of it measures.
func TestASweepMeasuresWhatRunsDo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.jsonl")
	played := []string{galleryFile("ai-agent"), "--replications", "1", "--duration", "35m"}
	_, diagnostics, code := rehearse(t, append([]string{"sweep", "--vary", "seed=1..3", "--out", out}, played...)...)
	require.Equal(t, exitOK, code, diagnostics)
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	require.Len(t, lines, 4)
	for i, line := range lines[1:] {
		var cell struct {
			Pass    bool
			Metrics map[string][]any
		}
		require.NoError(t, json.Unmarshal([]byte(line), &cell))
		const metric = "service.latency.p95 ai-agents/ai-agent-svc"
		want := measured(t, metric, append(played, "--no-sensitivity", "--seed", strconv.Itoa(i+1))...)
		assert.Equal(t, []any{want[0]}, cell.Metrics[metric])
		assert.False(t, cell.Pass, "the rollout costs too much of half an hour")
	}
	out = filepath.Join(t.TempDir(), "x.csv")
	_, diagnostics, code = rehearse(t, append(sweepOf(100, out), "--sample", "4")...)
	require.Equal(t, exitOK, code, diagnostics)
	file, err := os.Open(out)
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	seeds := map[string]bool{}
	for _, row := range rows[1:] {
		seeds[row[2]] = true
		assert.Equal(t, "true", row[3])
	}
	assert.Len(t, seeds, 4)
}
