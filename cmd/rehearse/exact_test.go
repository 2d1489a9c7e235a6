package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Choosing nodes by what is known of classes of pods changes nothing: the records of a hundred
// and thirty machines, of which a sample is looked at, with spread, taints and a zone that has
// no room, are those of upstream's own search.
func TestExactSchedulingIsTheSame(t *testing.T) {
	pools := []string{"--nodes", "a=90xcpu=2,memory=8Gi,zone=a", "--nodes", "b=40xcpu=8,memory=32Gi,zone=b",
		"--nodes", "c=9xcpu=8,memory=32Gi,zone=c,taint=dedicated=batch:NoSchedule"}
	var manifests strings.Builder
	for i, cpu := range []string{"100m", "700m", "1500m", "3"} {
		fmt.Fprintf(&manifests, `apiVersion: apps/v1
kind: Deployment
metadata: {name: d%[1]d}
spec:
  replicas: 60
  selector: {matchLabels: {app: d%[1]d}}
  template:
    metadata: {labels: {app: d%[1]d}}
    spec:
      containers: [{name: c, image: i, resources: {requests: {cpu: %[2]q}}}]
---
apiVersion: v1
kind: Service
metadata: {name: s%[1]d}
spec: {selector: {app: d%[1]d}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bare%[1]d}
spec: {priority: 0, containers: [{name: c, image: i, resources: {requests: {cpu: %[2]q}}}]}
---
`, i, cpu)
	}
	file := scenarioFile(t, manifests.String())
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	for _, arguments := range [][]string{{"--records", a}, {"--records", b, "--exact-scheduling"}} {
		run := append([]string{"run", file, "--duration", "2m", "--replications", "1", "--no-sensitivity"}, pools...)
		out, diagnostics, code := rehearse(t, append(run, arguments...)...)
		require.Equal(t, exitOK, code, diagnostics)
		require.Contains(t, out, "Deployment/d3")
	}
	out, _, code := rehearse(t, "diff", a, b)
	require.Equal(t, exitOK, code, out)
}
