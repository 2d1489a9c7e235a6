package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless has a trace, from 5 min on, whose requests all come at one instant.
const endless = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: endless
duration: 10m
replications: 1
cluster: {pools: [{name: cpu, count: 1, capacity: {cpu: 4, memory: 16Gi}}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 1
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: web:1, ports: [{containerPort: 80}]}]}
- {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
workloads:
- target: "*"
  service:
    steps:
    - wait: 1s
traffic:
- {service: default/web, start: 5m, trace: crowd.csv}
`

// Time that stands still is stopped by a limit: exit code 4 with the instant and
// the last events, and the report and the records of what was simulated so far.
func TestLivelockIsReported(t *testing.T) {
	folder := t.TempDir()
	file, records := filepath.Join(folder, "s.yaml"), filepath.Join(folder, "out.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(endless), 0o600))
	crowd := filepath.Join(folder, "crowd.csv") // five million requests at one instant
	require.NoError(t, os.WriteFile(crowd, []byte(strings.Repeat("1\n", 5_000_000)), 0o600))
	out, diagnostics, code := rehearse(t, "run", file, "--records", records)
	assert.Equal(t, exitLimit, code)
	assert.Regexp(t,
		`rehearse: replication 0: no progress after 30\d(\.\d+)?s: 4194304 events at one instant, the last ones: `,
		diagnostics)
	assert.Contains(t, out, "endless")
	assert.Contains(t, oneLine(out), "replication 0 ends at 5m0")
	data, err := os.ReadFile(records)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	assert.Contains(t, lines[len(lines)-1], `"reason":"failed"`)
	assert.Contains(t, string(data), `"kind":"container-serving"`)
	// The records are good for another report.
	_, diagnostics, code = rehearse(t, "report", records)
	assert.NotEqual(t, exitInternal, code, diagnostics)
	assert.NotEqual(t, exitBadInput, code, diagnostics)
}
