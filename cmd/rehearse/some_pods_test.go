package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
)

const release = `
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
duration: 40m
replications: 1
cluster: {pools: [{name: a, count: 2, capacity: {cpu: 4, memory: 16Gi}}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 4
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        containers:
        - name: server
          image: web:v1
          readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 5}
          resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 512Mi}}
timeline: [{at: 5m, setImage: {target: Deployment/web, container: server, image: "web:v2"}}]
workloads:
- {target: Deployment/web, start: 5s, memory: {base: 100Mi}}
`

// A release that behaves in another way than what ran before does so, and the finding
// names what is wrong with it.
func TestABadReleaseIsSeen(t *testing.T) {
	for _, c := range []struct{ name, entry, want string }{
		{"crashes before it listens", `image: "*:v2", crash: {after: 2s, exitCode: 139}`, "exited [0-9]+ times with code 139"},
		{"leaks", `revision: new, memory: {leak: 30Mi/m}`, "OOMKilled"},
		{"is not there", `image: {match: "*:v2", pullFails: always}`,
			`does not get its image: .*web:v2: not found \(ErrImagePull\)`},
		{"needs more while it loads", `revision: new, memory: {base: 600Mi, atStart: 100Mi}, start: 10s`, "OOMKilled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ran(t, release+"- {target: Deployment/web, "+c.entry+"}\n")
			found := false
			for _, f := range r.Findings {
				found = found || f.Severity == "error" && regexp.MustCompile(c.want).MatchString(f.What)
			}
			require.True(t, found, "%+v", r.Findings)
			if c.name != "leaks" {
				require.Zero(t, r.Workloads["default/Deployment/web"].Rollouts[1].Completed)
			}
		})
	}
	t.Run("is there in the end", func(t *testing.T) {
		r := ran(t, release+"- {target: Deployment/web, image: {match: \"*:v2\", pullFails: 7m}}\n")
		require.Equal(t, 1, r.Workloads["default/Deployment/web"].Rollouts[1].Completed)
	})
	t.Run("the old one does not", func(t *testing.T) {
		r := ran(t, release+"- {target: Deployment/web, revision: old, memory: {base: 150Mi}}\n")
		require.Empty(t, r.Findings)
	})
}

// ran is the result of a scenario.
func ran(t *testing.T, scenario string) *report.Result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(file, []byte(scenario), 0o600))
	spec, err := scenarios.Load(file, scenarios.Options{})
	require.NoError(t, err)
	return resultOfSpec(t, spec)
}
