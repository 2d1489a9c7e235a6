package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// measuredScenario has a Deployment of two servers, 10 requests a second that
// take 2 s each, and an autoscaler with the given metric.
const measuredScenario = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: measured
duration: 30m
replications: 1
cluster: {pools: [{name: cpu, count: 2, capacity: {cpu: 16, memory: 16Gi}}]}
manifests:
` + twoServers + `- {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    minReplicas: 1
    maxReplicas: 20
    metrics: [%s]
workloads:
- {target: "*", start: 2s, service: {time: 2s, concurrency: 0}}
traffic:
- {service: default/web, start: 1m, rate: {constant: 10}, law: paced, balance: round-robin}
metrics: [%s]
`

type hpaStep struct {
	T                float64
	Current, Desired int
	Reason           string
	Metrics          []struct {
		Name   string
		Ratio  float64
		Ready  int
		Error  string
		Target string
	}
}

// autoscaled runs measuredScenario and returns the decisions of its autoscaler.
func autoscaled(t *testing.T, asked, metric string, files map[string]string) []hpaStep {
	t.Helper()
	folder := t.TempDir()
	files["s.yaml"] = fmt.Sprintf(measuredScenario, asked, metric)
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	out, diagnostics, code := rehearse(t, "run", filepath.Join(folder, "s.yaml"), "-o", "json")
	require.Equal(t, exitOK, code, diagnostics)
	var result struct{ HPA map[string][]hpaStep }
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	steps := result.HPA["default/web"]
	require.NotEmpty(t, steps)
	return steps
}

// What is measured leads to the size that arithmetic says: 20 requests in
// flight, 10 a second, of 2 s each.
func TestAutoscalersFollowMeasuredMetrics(t *testing.T) {
	for _, c := range []struct {
		rule, asked, metric string
		size                int
	}{
		{"of each pod, the mean of a gauge",
			"{type: Pods, pods: {metric: {name: in_flight}, target: {type: AverageValue, averageValue: 4}}}",
			"{name: in_flight, pods: Deployment/web, of: inFlight}", 5},
		{"in total, the sum over the pods",
			"{type: External, external: {metric: {name: in_flight}, target: {type: AverageValue, averageValue: 4}}}",
			"{name: in_flight, pods: Deployment/web, of: inFlight}", 5},
		{"a counter's rate in front of a Service",
			"{type: External, external: {metric: {name: rps, selector: {matchLabels: {service: web}}}, target: {type: AverageValue, averageValue: 2500m}}}",
			"{name: rps, service: web, of: requests, rate: 1m, labels: {service: web}}", 4},
		{"a rate of each pod",
			"{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 2500m}}}",
			"{name: rps, pods: Deployment/web, of: requests, rate: 1m}", 4},
	} {
		t.Run(c.rule, func(t *testing.T) {
			steps := autoscaled(t, c.asked, c.metric, map[string]string{})
			last := steps[len(steps)-1]
			assert.Equal(t, c.size, last.Desired, "%+v", steps)
			for _, s := range steps {
				if s.Desired > s.Current {
					assert.GreaterOrEqual(t, s.T, 60.0, "nothing is to be seen before the requests come")
				}
			}
		})
	}
}

// All requests take 2 s, in the bucket from 1 s to 2.5 s: its 95th percentile is
// 1 s + 0.95 × 1.5 s. More pods don't change that, so a target of half of it is
// never reached.
func TestAQuantileThatNoSizeChanges(t *testing.T) {
	steps := autoscaled(t,
		"{type: Object, object: {describedObject: {apiVersion: apps/v1, kind: Deployment, name: web}, metric: {name: p95}, target: {type: Value, value: 1212500u}}}",
		"{name: p95, service: web, of: latency, object: Deployment/web}", map[string]string{})
	for _, s := range steps {
		if s.Desired > s.Current {
			assert.InDelta(t, 2, s.Metrics[0].Ratio, 0.01)
		}
	}
	assert.Equal(t, 20, steps[len(steps)-1].Desired, "it goes to maxReplicas")
}

// The adapter does not know a metric before it has listed it, and a series that
// nobody declared is not there at all.
func TestMetricsThatAreNotThere(t *testing.T) {
	const asked = "{type: Pods, pods: {metric: {name: in_flight}, target: {type: AverageValue, averageValue: 4}}}"
	steps := autoscaled(t, asked, "{name: in_flight, pods: Deployment/web, of: inFlight}", map[string]string{})
	assert.Contains(t, steps[0].Metrics[0].Error,
		"unable to fetch metrics from custom metrics API: the server could not find the metric in_flight for pods")
	steps = autoscaled(t, asked, "{name: other, pods: Deployment/web, of: inFlight}", map[string]string{})
	require.Len(t, steps, 1, "it says the same to the end")
	assert.Contains(t, steps[0].Reason, "FailedGetPodsMetric")
	steps = autoscaled(t, "{type: Pods, pods: {metric: {name: kv}, target: {type: AverageValue, averageValue: 500m}}}",
		"{name: kv, pods: Deployment/web, of: kvCacheUsage}", map[string]string{})
	assert.Contains(t, steps[len(steps)-1].Reason, "FailedGetPodsMetric",
		"a server without a model shows none of its metrics")
}

// A recorded series is followed sample by sample, and is absent in its gaps.
func TestASeriesFromAFile(t *testing.T) {
	const file = `{"status":"success","data":{"resultType":"matrix","result":[{"values":[[0,"20"],[60,"20"],[120,"40"],[180,"NaN"],[600,"40"],[660,"8"],[720,"8"]]}]}}`
	steps := autoscaled(t,
		"{type: External, external: {metric: {name: backlog}, target: {type: AverageValue, averageValue: 10}}}",
		"{name: backlog, series: backlog.json}", map[string]string{"backlog.json": file})
	var story []string
	for _, s := range steps {
		what := fmt.Sprintf("%d", s.Desired)
		if s.Metrics[0].Error != "" {
			require.True(t, strings.HasSuffix(s.Metrics[0].Error, "no metrics returned from external metrics API"),
				s.Metrics[0].Error)
			what = "absent"
			assert.True(t, s.T >= 180 && s.T < 600, "absent at %v", s.T)
		}
		if len(story) == 0 || story[len(story)-1] != what {
			story = append(story, what)
		}
	}
	// Down to 1 when the window of five minutes is over.
	assert.Equal(t, []string{"2", "4", "absent", "4", "1"}, story)
}

// Throttled time reaches an autoscaler that asks for it, while the use of CPU,
// which the limit bounds, stays what it is: a server that would need a core
// under a limit of a quarter stands still for three quarters of the time.
func TestThrottledTimeReachesTheAutoscaler(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "s.yaml")
	scenario := fmt.Sprintf(measuredScenario,
		"{type: Pods, pods: {metric: {name: throttled}, target: {type: AverageValue, averageValue: 250m}}}",
		"{name: throttled, pods: Deployment/web, of: cpuThrottled, rate: 1m}")
	scenario = strings.Replace(scenario, "{name: web, image: web:1,",
		"{name: web, image: web:1, resources: {requests: {cpu: 250m}, limits: {cpu: 250m}},", 1)
	scenario = strings.Replace(scenario, "    metrics: [",
		"    behavior: {scaleUp: {stabilizationWindowSeconds: 300}}\n    metrics: [", 1)
	scenario = strings.Replace(scenario, "rate: {constant: 10}", "rate: {constant: 200}", 1)
	scenario = strings.Replace(scenario, "service: {time: 2s, concurrency: 0}",
		"service: {steps: [{cpu: 100ms}], concurrency: 1}", 1)
	require.NoError(t, os.WriteFile(file, []byte(scenario), 0o600))
	out, diagnostics, code := rehearse(t, "run", file, "-o", "json")
	require.Equal(t, exitOK, code, diagnostics)
	var result struct {
		HPA       map[string][]hpaStep
		Workloads map[string]struct {
			CPU []struct{ Mean, Stopped float64 }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	// When the window of five minutes lets it grow, both servers have long stopped
	// for 75 ms of each 100: three times the target.
	grown := slices.IndexFunc(result.HPA["default/web"], func(s hpaStep) bool { return s.Desired > s.Current })
	require.GreaterOrEqual(t, grown, 0)
	assert.InDelta(t, 3, result.HPA["default/web"][grown].Metrics[0].Ratio, 0.01)
	assert.LessOrEqual(t, result.Workloads["default/Deployment/web"].CPU[0].Mean, 0.25)
}
