package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const served = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: served
replications: 1
duration: 10m
cluster: {pools: [{name: gpu, count: 1, capacity: {cpu: 64, memory: 512Gi, nvidia.com/gpu: 8}}]}
manifests:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: llm}, spec: {selector: {matchLabels: {app: llm}}, template: {metadata: {labels: {app: llm}}, spec: {containers: [{name: s, image: v, resources: {limits: {nvidia.com/gpu: 1}}}]}}}}
- {apiVersion: v1, kind: Service, metadata: {name: llm}, spec: {selector: {app: llm}, ports: [{port: 80}]}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: agent}, spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: s, image: a}]}}}}
- {apiVersion: v1, kind: Service, metadata: {name: agent}, spec: {selector: {app: agent}, ports: [{port: 80}]}}
workloads:
- {target: Deployment/llm, image: {size: 1Mi}, start: 1s, memory: {base: 5Gi}, service: {concurrency: 0, llm: {model: llama-3.1-8b, gpu: h100-80gb, %s}, steps: [{generate: {input: 1000, output: 100}}]}}
- {target: Deployment/agent, image: {size: 1Mi}, start: 1s, memory: {base: 100Mi}, service: {concurrency: 0, steps: [{repeat: {times: 20, steps: [{call: {service: default/llm%s}}, {wait: 2s}]}}]}}
traffic:
- %s
`

type answers struct {
	Services map[string]struct {
		FirstToken, PerToken, Latency struct {
			Count                    int
			Mean, P50, P95, P99, Max float64
		}
	}
}

// serve runs a model server and an agent.
func serve(t *testing.T, engine, call, traffic string) (a answers) {
	t.Helper()
	out, diagnostics, code := rehearse(t, "run", "-o", "json", scenarioFile(t, fmt.Sprintf(served, engine, call, traffic)))
	require.Contains(t, []int{exitOK, exitFailed}, code, diagnostics)
	require.NoError(t, json.Unmarshal([]byte(out), &a))
	return a
}

// One H100 with an 8B model carries 20 requests a second of 547 and 248 tokens:
// measured were 2 to 4 s and 8 to 9 ms between tokens (vLLM 0.15.1).
func TestAnH100CarriesWhatWasMeasured(t *testing.T) {
	a := serve(t, "max-num-seqs: 128", "",
		`{name: t, service: default/llm, start: 1m, timeout: 1h, rate: {constant: 20}, arrivals: {process: paced}, tokens: {input: 447, output: 248, shared: 100}}`)
	s := a.Services["default/llm"]
	assert.InDelta(t, 20*9*60, s.Latency.Count, 60)
	assert.InDelta(t, 2.1, s.Latency.Mean, 0.3)
	assert.InDelta(t, 0.0085, s.PerToken.P50, 0.0006)
}

// An agent's prompts grow with each turn of its loop, and so does the time to the
// first token; much less with a prefix cache.
func TestAgentsReadTheirContextAgain(t *testing.T) {
	const traffic = `{name: t, service: default/agent, start: 1m, timeout: 1h, rate: {constant: 0.01}, arrivals: {process: paced}}`
	of := func(engine, call string) (first, last float64) {
		s := serve(t, engine, call, traffic).Services["default/llm"]
		return s.FirstToken.P50, s.FirstToken.Max
	}
	fresh, same := of("max-num-seqs: 128", ", context: fresh")
	_, cached := of("max-num-seqs: 128", "")
	_, all := of("enable-prefix-caching: false", "")
	assert.InEpsilon(t, fresh, same, 0.01)
	assert.Greater(t, cached, 1.3*fresh)
	assert.Greater(t, all, 8*fresh)
	assert.Less(t, cached, all/5)
}
