package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

const guessedShop = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "shop.example/web:1", resources: {requests: {memory: 64Mi}, limits: {memory: 128Mi}}}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
`

func guessed(t *testing.T) *cluster.Spec {
	t.Helper()
	file := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(file, []byte(guessedShop), 0o644))
	spec, err := scenarios.FromManifests([]string{file}, scenarios.Options{Nodes: []string{"1xcpu=4,memory=8Gi"},
		RPS:      []string{"40"},
		Duration: 10 * 60e9, Replications: 1})
	require.NoError(t, err)
	return spec
}

func resultOfSpec(t *testing.T, spec *cluster.Spec) *report.Result {
	t.Helper()
	b := report.NewBuilder()
	require.NoError(t, replicate.Run(context.Background(), spec, 1, nil, b.Add))
	r, err := b.Result()
	require.NoError(t, err)
	return r
}

// The break-even of a guess is where a fine grid finds it.
func TestBreakEvenIsThatOfAFineGrid(t *testing.T) {
	spec := guessed(t)
	found, err := sensitivity(context.Background(), spec, resultOfSpec(t, spec))
	require.NoError(t, err)
	require.NotNil(t, found)
	var flip *report.Flip
	for i, f := range found.Flips {
		if f.Quantity == record.MemoryOfRequest && f.Rule == "oom-kill" {
			flip = &found.Flips[i]
		}
	}
	require.NotNil(t, flip, found.Flips)
	assert.False(t, flip.Holds, "what is assumed keeps within the limit that people chose")
	assert.True(t, flip.Above)
	at := -1
	for i, g := range spec.Guesses {
		if g.Guess == flip.Guess {
			at = i
		}
	}
	require.GreaterOrEqual(t, at, 0)
	const step = 1.02
	for factor := step; ; factor *= step {
		require.Less(t, factor, 20.0)
		if resultOfSpec(t, spec.Guessing(map[int]float64{at: factor})).OOM.Kills > 0 {
			assert.Less(t, math.Abs(math.Log(flip.BreakEven/(flip.Value*factor))), math.Log(1.1))
			return
		}
	}
}

// Guesses of a Spec are changed in a copy, with the same luck for all else.
func TestGuessingChangesACopy(t *testing.T) {
	spec := guessed(t)
	asText := func(r *report.Result) string {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		return string(text)
	}
	before := asText(resultOfSpec(t, spec))
	for i := range spec.Guesses {
		changed := spec.Guessing(map[int]float64{i: 3})
		assert.NotEqual(t, spec.Workloads, changed.Workloads, spec.Guesses[i].Quantity)
	}
	assert.Equal(t, before, asText(resultOfSpec(t, spec.Guessing(nil))))
}

// A kill by memory that nobody gave is a question; the same kill by memory that
// somebody gave is a fault.
func TestGuessesAreNoVerdicts(t *testing.T) {
	spec := guessed(t)
	for i, g := range spec.Guesses {
		if g.Quantity == record.MemoryOfRequest {
			spec = spec.Guessing(map[int]float64{i: 16})
			break
		}
	}
	severity := func() string {
		for _, f := range resultOfSpec(t, spec).Findings {
			if f.Rule == "oom-kill" {
				return f.Severity
			}
		}
		return "none"
	}
	assert.Equal(t, "question", severity())
	spec.Guesses = nil
	assert.Equal(t, "error", severity())
}
