package scenarios_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/scenarios/gallery"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
	"github.com/kube-rehearse/rehearse/sim/size"
)

// load reads a scenario.
func load(t *testing.T, text string, set ...string) *cluster.Spec {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	spec, err := scenarios.Load(file, scenarios.Options{Set: set})
	require.NoError(t, err)
	return spec
}

const everything = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
duration: 10h
replications: 3
cluster: {pools: [{name: cpu, count: 5, capacity: {cpu: 64, memory: 256Gi, pods: 110}}]}
manifests:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 7, selector: {matchLabels: {a: d}}, template: {metadata: {labels: {a: d}}, spec: {containers: [{name: c, image: i}]}}}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: e}, spec: {selector: {matchLabels: {a: e}}, template: {metadata: {labels: {a: e}}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}}}}
- {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: e}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: e}, maxReplicas: 30}}
- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: s}, spec: {selector: {matchLabels: {a: s}}, template: {metadata: {labels: {a: s}}, spec: {containers: [{name: c, image: i}]}}}}
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: j}, spec: {schedule: "*/5 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}}
- {apiVersion: v1, kind: Service, metadata: {name: d}, spec: {selector: {a: d}, ports: [{port: 80}]}}
workloads:
- {target: CronJob/j, runs: 5s}
traffic:
- {service: d, rate: {constant: 3}, start: 1h}
- {name: s, service: d, rate: {constant: 1}, sessions: {turns: 4, think: 1s}}
- {name: u, service: d, users: {count: 10, think: 20s}}
`

func TestSizeOfEachPart(t *testing.T) {
	s := size.Of(load(t, everything))
	assert.Equal(t, 5, s.Nodes)
	assert.InDelta(t, 7+30+5, s.Pods, 0)
	assert.InDelta(t, 120, s.Started, 1)
	assert.InEpsilon(t, 3*9*3600+4*36000+10*36000/20, s.Requests, 1e-9)
	assert.InDelta(t, 10, s.Hours, 0)

	full := size.Of(load(t, everything, "Deployment/d:spec.replicas=100000"))
	assert.InDelta(t, 5*110, full.Pods, 0, "no more pods run than the nodes take")
}

// What is larger costs more, and no number is too large.
func TestCost(t *testing.T) {
	small := size.Of(load(t, everything)).Cost(3, 2)
	for _, set := range []string{"duration=20h", "Deployment/d:spec.replicas=300", "traffic[0].rate.constant=300"} {
		assert.Greater(t, size.Of(load(t, everything, set)).Cost(3, 2).CPU, small.CPU, set)
	}
	assert.Equal(t, 2*small.CPU, size.Of(load(t, everything)).Cost(6, 2).CPU)
	assert.Equal(t, small.Memory, size.Of(load(t, everything)).Cost(6, 2).Memory)
	huge := size.Size{Nodes: 1 << 30, Pods: 1e300, Started: 1e300, Requests: 1e300, Hours: 1e300}.Cost(1<<30, 1<<30)
	assert.Positive(t, huge.CPU)
	assert.Positive(t, huge.Memory)
}

// The requests that are foreseen of the shipped scenarios are those that come.
func TestRequestsOfTheGallery(t *testing.T) {
	foreseen := 0
	for _, name := range gallery.Names() {
		spec, err := scenarios.Load(filepath.Join("gallery", name+".yaml"),
			scenarios.Options{Replications: 1})
		require.NoError(t, err)
		got := size.Of(spec)
		to := entries(spec)
		if len(to) == 0 || got.Requests > 3e5 {
			continue
		}
		var requests int64
		require.NoError(t, replicate.Run(t.Context(), spec, 1, nil, func(r record.Record) error {
			if window, is := r.(record.Requests); is && to[window.Service] {
				requests += window.Arrived
			}
			return nil
		}))
		assert.InEpsilon(t, requests, got.Requests, 0.1, name)
		foreseen++
	}
	assert.Greater(t, foreseen, 3)
}

// entries are the Services that requests of a scenario go to, none when not all come
// at rates.
func entries(spec *cluster.Spec) map[string]bool {
	to := map[string]bool{}
	for _, t := range spec.Traffic {
		if t.Rate == nil || t.Sessions != nil || t.Queue != "" {
			return nil
		}
		to[t.Namespace+"/"+t.Service] = true
	}
	return to
}
