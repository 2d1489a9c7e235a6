package life_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// drawn is a cluster of three pods that crash and are probed. Pod a has more
// containers, or starts in another time; b and d are made when all of a runs. The lives
// of b are computed under a CPU limit: its quota's period has a phase of its own.
const drawn = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: drawn
replications: 3
duration: 10m
cluster: {pools: [{name: n, count: 1, capacity: {cpu: 16, memory: 16Gi}}]}
manifests:
- apiVersion: v1
  kind: Pod
  metadata: {name: a, namespace: default}
  spec: {containers: [{name: c, image: "r.example/a:1", resources: {limits: {cpu: 500m}}}%s]}
timeline:
- {at: 30s, apply: [{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: default}, spec: %[2]s}]}
- {at: 90s, apply: [{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: default}, spec: %[2]s}]}
workloads:
- {target: Pod/a, container: c, start: %[3]s}
- {target: Pod/b, start: "lognormal(500ms, 3s)", cpu: {run: "lognormal(5s, 20s)", runThreads: 2}, exitCode: 1}
- {target: Pod/d, start: "lognormal(500ms, 3s)", runs: "lognormal(20s, 60s)", exitCode: 1}
`

// probed is the spec of b and d.
const probed = `{containers: [{name: c, image: "r.example/b:1", resources: {limits: {cpu: 500m}},
      livenessProbe: {periodSeconds: 5, tcpSocket: {port: 80}},
      readinessProbe: {periodSeconds: 7, tcpSocket: {port: 80}}}]}`

// played plays a scenario and hands each record to see.
func played(t *testing.T, text string, see func(record.Record)) {
	t.Helper()
	files := fstest.MapFS{"s.yaml": {Data: []byte(text)}}
	spec, err := scenarios.Load("s.yaml", scenarios.Options{FS: files})
	require.NoError(t, err)
	plays(t, spec, see)
}

func plays(t *testing.T, spec *cluster.Spec, see func(record.Record)) {
	t.Helper()
	require.NoError(t, replicate.Run(t.Context(), spec, 2, nil, func(r record.Record) error {
		see(r)
		return nil
	}))
}

// livesBeside writes down what happens to pods b and d beside a pod a, in nanoseconds.
func livesBeside(t *testing.T, more, start string) string {
	t.Helper()
	var said strings.Builder
	played(t, fmt.Sprintf(drawn, more, probed, start), func(r record.Record) {
		pod := ""
		switch r := r.(type) {
		case record.ContainerStarted:
			pod = r.Pod
		case record.ContainerExited:
			pod = r.Pod
		case record.ContainerKilling:
			pod = r.Pod
		case record.PodReady:
			pod = r.Pod
		}
		if pod == "default/b" || pod == "default/d" {
			fmt.Fprintf(&said, "%T %+v\n", r, r)
		}
	})
	return said.String()
}

// What one pod is and does leaves the chance of the others alone: their processes begin,
// end and become Ready in the same nanosecond.
func TestChanceOfAPodIsItsOwn(t *testing.T) {
	want := livesBeside(t, "", "1s")
	require.Greater(t, strings.Count(want, "ContainerStarted"), 20, want)
	require.Greater(t, strings.Count(want, "PodReady"), 20, want)
	const second = `, {name: e, image: "r.example/e:1", resources: {limits: {cpu: 250m}}`
	for name, got := range map[string]string{
		"starts in another time": livesBeside(t, "", "4s"),
		"has a second container": livesBeside(t, second+"}", "1s"),
		"is probed":              livesBeside(t, second+", livenessProbe: {periodSeconds: 3, tcpSocket: {port: 80}}}", "1s"),
	} {
		require.Equal(t, want, got, name)
	}
}
