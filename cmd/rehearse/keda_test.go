package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kedaScenario has workers that take 10 s for a message, and a ScaledObject with
// the given metadata and spec. Messages come between 10 and 20 min.
const kedaScenario = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: keda
duration: 1h
replications: 1
cluster: {pools: [{name: cpu, count: 2, capacity: {cpu: 16, memory: 16Gi}}]}
manifests: [worker.yaml]
workloads:
- {target: "*", start: 5s, service: {time: 10s, concurrency: 1}}
queues:
- {name: jobs, consumer: {target: Deployment/worker}}
traffic:
- {queue: jobs, start: 10m, law: paced, rate: {steps: [{at: 0s, rate: 0.4}, {at: 10m, rate: 0}]}}
%s
`

const kedaManifests = `apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  replicas: 0
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec: {containers: [{name: worker, image: worker:1}]}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: worker%s}
spec:
  scaleTargetRef: {name: worker}
  triggers: [{type: %s}]
  %s
`

func kedaFiles(t *testing.T, more, metadata, trigger, spec string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "s.yaml"), []byte(fmt.Sprintf(kedaScenario, more)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "worker.yaml"),
		[]byte(fmt.Sprintf(kedaManifests, metadata, trigger, spec)), 0o600))
	return filepath.Join(folder, "s.yaml")
}

const redisJobs = "redis, metadata: {listName: jobs, listLength: '2'}"

// From nothing by KEDA, then by its autoscaler, and back to nothing. Four busy
// workers are what 0.4 messages a second of 10 s take.
func TestKEDAScalesFromNothingAndBack(t *testing.T) {
	file := kedaFiles(t, "", "", "rabbitmq, metadata: {queueName: jobs, mode: QueueLength, value: '1'}",
		"cooldownPeriod: 120")
	out, diagnostics, code := rehearse(t, "explain", file, "ScaledObject/worker")
	require.Equal(t, exitOK, code, diagnostics)
	told := oneLine(out)
	require.Contains(t, told, "Scaled Deployment default/worker from 0 to 1, triggered by s0-rabbitmq-jobs")
	require.Contains(t, told,
		"Deactivated Deployment default/worker from 4 to 0, triggers are not active and the cooldown is over")

	out, diagnostics, code = rehearse(t, "run", file, "-o", "json")
	require.Equal(t, exitOK, code, diagnostics)
	var result struct {
		Services map[string]struct{ Arrived, OK, Failed float64 }
		Pods     []struct{ Gone *float64 }
		HPA      map[string][]struct{ Desired int }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	jobs := result.Services["queue/jobs"]
	assert.InDelta(t, 240, jobs.Arrived, 1)
	assert.Equal(t, jobs.Arrived, jobs.OK, "every message was worked on")
	most := 0
	for _, s := range result.HPA["default/keda-hpa-worker"] {
		most = max(most, s.Desired)
	}
	assert.GreaterOrEqual(t, most, 4)
	for _, p := range result.Pods {
		assert.NotNil(t, p.Gone, "nothing runs at the end")
	}
}

// The length of a Redis list does not tell of messages that are being worked on:
// when the list is empty for the cooldown, busy workers are removed, and started
// again at the next look.
func TestAListThatIsEmptyWhileWorkersAreBusy(t *testing.T) {
	out, diagnostics, code := rehearse(t, "explain", kedaFiles(t, "", "", redisJobs, "cooldownPeriod: 120"),
		"ScaledObject/worker")
	require.Equal(t, exitOK, code, diagnostics)
	assert.Greater(t, strings.Count(out, "KEDAScaleTargetActivated"), 1, out)
}

func TestKEDAsOtherWays(t *testing.T) {
	for _, c := range []struct {
		rule, more, metadata, trigger, spec string
		want                                []string
	}{
		{"paused-replicas sets the target once and removes the autoscaler", "",
			", annotations: {autoscaling.keda.sh/paused-replicas: '3'}", redisJobs, "",
			[]string{"ScaledObject is paused"}},
		{"a trigger without value falls back", "metrics: [{name: other, series: gap.json}]", "",
			"metrics-api, name: other, metadata: {targetValue: '5'}",
			"fallback: {failureThreshold: 2, replicas: 3}",
			[]string{"KEDAScalerFailed: s0-metrics-api-other: no value", "from 0 to 1, triggered by s0-metrics-api-other"}},
		{"an idle count instead of nothing", "", "", redisJobs,
			"minReplicaCount: 3\n  idleReplicaCount: 1\n  cooldownPeriod: 60",
			[]string{"from 0 to 3, triggered by s0-redis-jobs", "Deactivated Deployment default/worker from 3 to 1"}},
		{"a metric of the scenario is a trigger's value", "metrics: [{name: backlog, queue: jobs, of: messages}]", "",
			"prometheus, name: backlog, metadata: {threshold: '2'}", "",
			[]string{"triggered by s0-prometheus"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			file := kedaFiles(t, c.more, c.metadata, c.trigger, c.spec)
			gap := `{"status":"success","data":{"resultType":"matrix","result":[{"values":[[0,"NaN"],[1800,"NaN"],[3600,"1"]]}]}}`
			require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(file), "gap.json"), []byte(gap), 0o600))
			out, diagnostics, code := rehearse(t, "explain", file, "ScaledObject/worker")
			require.Equal(t, exitOK, code, diagnostics)
			for _, want := range c.want {
				assert.Contains(t, oneLine(out), want)
			}
		})
	}
}

func TestScaledObjectsAtFault(t *testing.T) {
	for _, c := range []struct{ more, trigger, spec, want string }{
		{"", "redis, metadata: {listName: orders}", "",
			`worker.yaml:16: spec.triggers[0]: must have a value for trigger redis: add "orders" to the scenario's queues, or to its metrics with namespace default`},
		{"", "datadog, metadata: {threshold: '3'}", "",
			"worker.yaml:16: spec.triggers[0]: must have a name, so that an entry of the scenario's metrics can give trigger datadog its value"},
		{"", redisJobs, "maxReplicaCount: 1\n  minReplicaCount: 3",
			"worker.yaml:18: spec.minReplicaCount: MinReplicaCount=3 must be less than MaxReplicaCount=1"},
		{"", redisJobs, "coolDownPeriod: 3",
			`worker.yaml:17: spec.coolDownPeriod: strict decoding error: unknown field "spec.coolDownPeriod"`},
		{"", redisJobs, "advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {stabilizationWindowSeconds: 4000}}}}", "spec: its HorizontalPodAutoscaler is refused: spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600"},
		{"", redisJobs, "advanced: {scalingModifiers: {formula: 'a + b', target: '1'}}",
			"worker.yaml:17: spec.advanced.scalingModifiers: must be left out: formulas over triggers are not simulated"},
	} {
		_, diagnostics, code := rehearse(t, "validate", kedaFiles(t, c.more, "", c.trigger, c.spec))
		assert.Equal(t, exitBadInput, code)
		assert.Contains(t, diagnostics, c.want)
	}
}

// A query without sum() answers while one pod shows its metric. With two KEDA has no value,
// as of any query of several series; with sum() it has.
func TestKEDATakesNoAnswerOfSeveralSeries(t *testing.T) {
	const web = "- {service: web, rate: {constant: 4}}"
	for query, wants := range map[string]string{
		"http_requests_in_flight":                                  "external metric s0-prometheus has no value",
		"sum(http_requests_in_flight{service='web'}) or vector(0)": "2 -> 4: external metric s0-prometheus",
	} {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "m.yaml"), []byte(strings.Replace(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web}
spec:
  scaleTargetRef: {name: web}
  minReplicaCount: 2
  maxReplicaCount: 4
  triggers: [{type: prometheus, metadata: {threshold: "2", query: "QUERY"}}]
`, "QUERY", query, 1)), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "s.yaml"), []byte(`
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: queries
duration: 20m
replications: 1
cluster: {pools: [{name: cpu, capacity: {cpu: 16, memory: 16Gi}}]}
manifests: [m.yaml]
workloads: [{target: "*", start: 5s, service: {time: 2s, concurrency: 100}}]
traffic: [`+web[2:]+`]
`), 0o600))
		out, diagnostics, code := rehearse(t, "explain", filepath.Join(folder, "s.yaml"), "HorizontalPodAutoscaler/keda-hpa-web")
		require.Equal(t, exitOK, code, diagnostics)
		assert.Contains(t, oneLine(out), wants, query)
	}
}
