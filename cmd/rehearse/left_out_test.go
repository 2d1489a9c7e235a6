package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// podsWith runs a Deployment whose pods have something in their spec.
func podsWith(t *testing.T, container, spec, nodes string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: a, image: "r.example/a:1"%s}]%s}
`, container, spec), 0o644))
	out, diagnostics, code := rehearse(t, "run", file, "--nodes", nodes, "--duration", "30m", "--replications", "1",
		"--no-sensitivity")
	require.Equal(t, exitOK, code, diagnostics)
	return strings.Join(strings.Fields(out), " ")
}

const plain = "1xcpu=4,memory=16Gi"

// Every machine has local storage, as every kubelet says, and a pod that asks for more
// than any has is told so.
func TestEphemeralStorageIsScheduled(t *testing.T) {
	asks := `, resources: {requests: {ephemeral-storage: %s}}`
	out := podsWith(t, fmt.Sprintf(asks, "5Gi"), "", "1xaws/m7i.xlarge")
	assert.Contains(t, out, "every pod fits")
	assert.Contains(t, out, "default/Deployment/a: 2, for lack of ephemeral-storage")
	assert.Contains(t, out, "default/Deployment/a: it requests 5Gi of ephemeral-storage, and is taken to write nothing to its disk")
	assert.NotContains(t, out, "WHAT TO CHANGE")
	assert.NotContains(t, podsWith(t, "", ", volumes: [{name: a, emptyDir: {}}]", plain), "to write nothing")
	assert.Contains(t, podsWith(t, "", ", volumes: [{name: a, emptyDir: {sizeLimit: 1Gi}}]", plain),
		"it has a sizeLimit of 1Gi of volume a, and is taken to write nothing")
	out = podsWith(t, fmt.Sprintf(asks, "800Gi"), "", "1xaws/m7i.xlarge")
	assert.Contains(t, out, "no node can ever hold it: it requests 800Gi of ephemeral-storage, the largest node has 17Gi")
}

// A generic ephemeral volume gets its claim and its volume, and no copy of a pod that is
// only looked for waits for one. A claim that nobody makes keeps its pod waiting, and so do
// claims of devices where no machine has any, in the scheduler's words.
func TestClaims(t *testing.T) {
	out := podsWith(t, `, resources: {requests: {cpu: 1}}`,
		`, volumes: [{name: m, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]`, plain)
	assert.Contains(t, out, "every pod fits")
	assert.Contains(t, out, "default/Deployment/a: 3, for lack of cpu")
	assert.NotContains(t, out, "WHAT TO CHANGE")
	assert.NotContains(t, out, "LEFT OUT")
	assert.Contains(t, out, "claims that name no StorageClass get standard, as in kind")

	out = podsWith(t, "", `, volumes: [{name: m, persistentVolumeClaim: {claimName: m}}]`, plain)
	assert.Contains(t, out, `persistentvolumeclaim "m" not found`)
	assert.Contains(t, out, "nobody made the claim. Create the PersistentVolumeClaim m in namespace default.")

	out = podsWith(t, `, resources: {claims: [{name: gpu}]}`,
		`, resourceClaims: [{name: gpu, resourceClaimTemplateName: one-gpu}]`, plain)
	assert.Contains(t, out, `resourceclaimtemplate.resource.k8s.io "one-gpu" not found`)
	assert.Contains(t, out, "Create the ResourceClaimTemplate one-gpu in namespace default.")
	assert.NotContains(t, out, "LEFT OUT")
}

// What decides and is not simulated is told, and nothing of it when it says its default.
func TestWhatIsNotSimulatedIsToldOnce(t *testing.T) {
	out := podsWith(t, "", `, resources: {requests: {memory: 512Mi}, limits: {memory: 512Mi, cpu: 1}}`, plain)
	assert.NotContains(t, out, "LEFT OUT")
	out = podsWith(t, `, lifecycle: {preStop: {exec: {command: [sh, -c, "while busy; do sleep 5; done"]}}}`, "", plain)
	assert.Contains(t, out, "container a: its preStop command loops until no request is in flight")
	out = podsWith(t, "", "", plain)
	assert.NotContains(t, out, "LEFT OUT")
}

// The nodes that a finding proposes to add are enough, and one less is not.
func TestProposedNodesAreEnough(t *testing.T) {
	with := func(n int) string {
		return podsWith(t, `, resources: {requests: {cpu: 1500m}, limits: {nvidia.com/gpu: 1}}`,
			`}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec:
  replicas: 4
  selector: {matchLabels: {app: b}}
  template:
    metadata: {labels: {app: b}}
    spec: {containers: [{name: b, image: "r.example/b:1", resources: {limits: {nvidia.com/gpu: 1}}}]`,
			fmt.Sprintf("%dxaws/g6e.xlarge", n))
	}
	assert.Contains(t, with(1), "Add 4 nodes of g6e.xlarge to pool g6e-xlarge or lower")
	assert.Contains(t, with(4), "Add a node of g6e.xlarge to pool g6e-xlarge or lower")
	assert.Contains(t, with(5), "every pod fits")
	assert.NotContains(t, with(5), "found no node")
}
