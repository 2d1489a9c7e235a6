package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planned is what a plan prints as JSON.
type planned struct {
	Cheapest, RunnerUp, Binds, Nearest *struct {
		Values       []string
		Expectations []struct{ Pass bool }
	}
	ReplicationsPlayed, ReplicationsOfGrid int
}

// The answer of a plan is the cheapest of the settings that pass when each is run by
// itself, on machines that hold few and many of the pods by what they request.
func TestPlanFindsWhatRunsSay(t *testing.T) {
	const resources = "Deployment/ai-agent:spec.template.spec.containers[0].resources"
	arguments := []string{"scenarios/gallery/ai-agent", "--rps", "20", "--duration", "5m", "--replications", "2",
		"--set", resources + ".limits.memory=3Gi", "--set", "Deployment/ai-agent:spec.replicas=9"}
	out, diagnostics, code := rehearse(t, append([]string{"plan", "-o", "json", "--nodes", "1..3xaws/m7i.large",
		"--vary", resources + ".requests.memory=1Gi..3Gi:1Gi"}, arguments...)...)
	require.Equal(t, exitOK, code, diagnostics)
	var p planned
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	best := ""
	for nodes := 1; nodes <= 3 && best == ""; nodes++ {
		for memory := 1; memory <= 3 && best == ""; memory++ {
			pending := measured(t, "pods.pending", append([]string{"--no-sensitivity",
				"--nodes", fmt.Sprintf("%dxaws/m7i.large", nodes),
				"--set", fmt.Sprintf("%s.requests.memory=%dGi", resources, memory)}, arguments...)...)
			if pending[0]+pending[1] == 0 {
				best = fmt.Sprintf("%dxaws/m7i.large %dGi", nodes, memory)
			}
		}
	}
	require.NotNil(t, p.Cheapest)
	assert.Equal(t, best, p.Cheapest.Values[0]+" "+p.Cheapest.Values[1])
	require.NotNil(t, p.Binds)
	assert.Less(t, p.ReplicationsPlayed, p.ReplicationsOfGrid)
}

// A plan is the same on any number of cores, and without an answer it exits as a failed
// expectation does.
func TestPlansAreTheSameOnAnyNumberOfCores(t *testing.T) {
	arguments := []string{"plan", "scenarios/gallery/ai-agent", "--nodes", "1..5xaws/m7i.large", "--rps", "20",
		"--slo", "p95=1ms", "--duration", "2m", "--replications", "2"}
	one := runtime.GOMAXPROCS(1)
	first, _, code := rehearse(t, arguments...)
	runtime.GOMAXPROCS(max(one, 4))
	second, _, _ := rehearse(t, arguments...)
	runtime.GOMAXPROCS(one)
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, first, second)
	assert.Contains(t, first, "misses by")
}
