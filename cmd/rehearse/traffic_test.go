package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const trafficScenario = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: every-traffic
duration: 30m
replications: 3
cluster: {pools: [{name: cpu, count: 2, capacity: {cpu: 8, memory: 16Gi}}]}
manifests:
` + twoServers + `- {apiVersion: v1, kind: Service, metadata: {name: recorded}, spec: {selector: {app: web}, ports: [{port: 80}]}}
- {apiVersion: v1, kind: Service, metadata: {name: doubled}, spec: {selector: {app: web}, ports: [{port: 80}]}}
- {apiVersion: v1, kind: Service, metadata: {name: users}, spec: {selector: {app: web}, ports: [{port: 80}]}}
- {apiVersion: v1, kind: Service, metadata: {name: bursts}, spec: {selector: {app: web}, ports: [{port: 80}]}}
workloads:
- {target: "*", start: 2s, service: {time: exponential(100ms), concurrency: 0}}
traffic:
- {service: default/recorded, start: 1m, trace: trace.csv}
- {service: default/doubled, start: 1m, trace: {file: trace.csv, format: azure, rateScale: 2, loop: true}}
- {service: default/users, users: {count: 10, think: exponential(1s)}, timeout: 5s}
- {service: default/bursts, start: 1m, rate: {prometheus: rate.json}, arrivals: {process: gamma, cv: 3}}
`

// A run with traces, users and a measured rate gives the same bytes on any
// number of cores, and the numbers of requests that its input says.
func TestTrafficOfEveryKindRuns(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	folder := t.TempDir()
	trace, err := os.ReadFile("testdata/traces/azure-llm-conv.csv")
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"s.yaml": []byte(trafficScenario), "trace.csv": trace,
		"rate.json": []byte(
			`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1700000000,"1"],[1700000600,"5"]]}]}}`),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), data, 0o600))
	}
	var outputs []string
	for _, cores := range []int{1, 8} {
		runtime.GOMAXPROCS(cores)
		out, diagnostics, code := rehearse(t, "run", filepath.Join(folder, "s.yaml"), "-o", "json")
		require.Equal(t, exitOK, code, diagnostics)
		outputs = append(outputs, out)
	}
	assert.True(t, outputs[0] == outputs[1], "the result differs by the number of cores")
	var result struct {
		Services map[string]struct {
			Arrived float64 `json:"arrived"`
		} `json:"services"`
	}
	require.NoError(t, json.Unmarshal([]byte(outputs[0]), &result))
	arrived := func(name string) float64 { return result.Services["default/"+name].Arrived }
	const replications = 3
	assert.InDelta(t, replications*199, arrived("recorded"), 0)
	// From its first to its last request the trace lasts 61.145334 s. A round is a
	// mean gap longer, and they go on for 29 min at twice the rate.
	assert.InEpsilon(t, replications*2*199*1740/(61.145334*199/198), arrived("doubled"), 0.02)
	// Ten users in cycles of about 1.1 s.
	assert.InEpsilon(t, replications*1800*10/1.1, arrived("users"), 0.03)
	// 1 to 5 a second in 10 min, then 5: the mean is exact, a CV of 3 scatters.
	assert.InEpsilon(t, replications*(600*3+1140*5), arrived("bursts"), 0.15)
}
