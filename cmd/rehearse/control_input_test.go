package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// controlScenario has a Deployment web of two pods that take 100m of CPU each,
// with the resources, further manifests and steps given.
const controlScenario = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: control
duration: 40m
replications: 1
cluster: {pools: [{name: cpu, count: 2, capacity: {cpu: 4, memory: 16Gi}}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 2
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web, tier: front}}
      spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}], resources: {%s}}]}
%s
workloads:
- {target: "*", start: 2s, cpu: {idle: 100m}, service: {time: 200ms}}
timeline: [%s]
`

const webHPA = "- {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, %s, metrics: [%s]}}\n"

const (
	cpuHalf = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}"
	nowhere = "{type: Pods, pods: {metric: {name: nowhere}, target: {type: AverageValue, averageValue: 4}}}"
	webPDB  = "- {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: %s}, spec: {%s, selector: {matchLabels: {%s}}}}\n"
	drainIt = "{at: 10m, drain: {node: cpu-0, timeout: 5m}}"
)

// What the control plane makes of bad input is reported in its own words, and
// the run goes on to its end.
func TestTheControlPlanesAnswersToBadInput(t *testing.T) {
	for _, c := range []struct {
		rule, resources, manifests, steps, object string
		want                                      []string
	}{
		{"an autoscaler of CPU without requests", "", fmt.Sprintf(webHPA, "maxReplicas: 5", cpuHalf), "",
			"HorizontalPodAutoscaler/web",
			[]string{"stays at 2: cpu resource utilization has no value (missing request for cpu in container web of Pod",
				"Give every container of Deployment default/web, sidecars included, a request"}},
		{"a metric that never arrives", "", fmt.Sprintf(webHPA, "maxReplicas: 5", nowhere), "", "HorizontalPodAutoscaler/web",
			[]string{"pods metric nowhere has no value (the server could not find the metric nowhere for pods)",
				"Make sure that the metric is there"}},
		{"both directions disabled", "requests: {cpu: 100m}",
			fmt.Sprintf(webHPA,
				"maxReplicas: 5, behavior: {scaleUp: {selectPolicy: Disabled}, scaleDown: {selectPolicy: Disabled}}", cpuHalf), "",
			"HorizontalPodAutoscaler/web",
			[]string{"99% of 50% over 2 ready pods asks for 4; limited to 2 by the scale-up policy"}},
		{"a base load above the target", "requests: {cpu: 100m}", fmt.Sprintf(webHPA, "maxReplicas: 8", cpuHalf), "",
			"HorizontalPodAutoscaler/web",
			[]string{"limited to 8 by maxReplicas",
				"is 2.0 times the target with 2 replicas of Deployment default/web and still 2.0 times with 8",
				"replicas don't bring it down"}},
		{"an apply that resets what the autoscaler chose", "requests: {cpu: 100m}",
			fmt.Sprintf(webHPA, "maxReplicas: 8", cpuHalf),
			"{at: 20m, scale: {target: Deployment/web, replicas: 2}}", "Deployment/web",
			[]string{
				"HorizontalPodAutoscaler default/web scales it, but at 20m00s the timeline set spec.replicas from 8 to 2, and at 20m", "Leave spec.replicas out of the manifests"}},
		{"a budget that wants all pods", "", fmt.Sprintf(webPDB, "web", "minAvailable: 2", "app: web"), drainIt,
			"PodDisruptionBudget/web",
			[]string{
				"Cannot evict pod as it would violate the pod's disruption budget. The disruption budget web needs 2 healthy pods and has 2 currently", "global timeout reached: 5m0s", "gave up at 15m01s, after its timeout of 5m, with pod"}},
		{"the same before any drain", "", fmt.Sprintf(webPDB, "web", "maxUnavailable: 0", "app: web"), "",
			"PodDisruptionBudget/web",
			[]string{"with maxUnavailable 0 of 2 pods it never allows an eviction"}},
		{"two budgets for a pod", "", fmt.Sprintf(webPDB, "a", "minAvailable: 1", "app: web") + fmt.Sprintf(webPDB, "b",
			"minAvailable: 1", "tier: front"), drainIt, "PodDisruptionBudget/a",
			[]string{"This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
				"Let exactly one PodDisruptionBudget select each pod."}},
		{"an autoscaler of what is not there", "",
			"- {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wep}, maxReplicas: 5}}\n", "", "HorizontalPodAutoscaler/web",
			[]string{
				`0.0s can't scale: FailedGetScale: the HPA controller was unable to get the target's current scale: deployments.apps "wep" not found`, `it can't scale Deployment default/wep: FailedGetScale: the HPA controller`, "Correct spec.scaleTargetRef."}},
		{"an autoscaler whose target goes", "requests: {cpu: 100m}", fmt.Sprintf(webHPA, "maxReplicas: 8", cpuHalf),
			"{at: 18m, scale: {target: Deployment/web, replicas: 0}}, {at: 20m, delete: {target: Deployment/web}}",
			"HorizontalPodAutoscaler/web",
			[]string{"stays at 0: ScalingDisabled: scaling is disabled since the replica count of the target is zero",
				`s can't scale: FailedGetScale: the HPA controller was unable to get the target's current scale: deployments.apps "web" not found`,
				"it can't scale Deployment default/web from 20m", "Delete the autoscaler together with its target"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "s.yaml")
			require.NoError(t, os.WriteFile(file, []byte(fmt.Sprintf(controlScenario, c.resources, c.manifests, c.steps)),
				0o600))
			out, diagnostics, code := rehearse(t, "explain", file, c.object)
			require.Equal(t, exitOK, code, diagnostics)
			for _, want := range c.want {
				assert.Contains(t, oneLine(out), want)
			}
		})
	}
}

// What the API server refuses is refused with its words, file and line.
func TestAutoscalersThatTheAPIServerRefuses(t *testing.T) {
	for settings, want := range map[string]string{
		"minReplicas: 5, maxReplicas: 3": "s.yaml:17: spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
		"maxReplicas: 0":                 "spec.maxReplicas: Required value: must be set and greater than 0",
		"maxReplicas: 3, behavior: {scaleUp: {selectPolicy: Most}}":                                      "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"Most\"",
		"maxReplicas: 3, behavior: {scaleUp: {policies: []}}":                                            "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy",
		"maxReplicas: 3, minReplicas: 0":                                                                 "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
		"maxReplicas: 3, behavior: {scaleDown: {policies: [{type: Pods, value: 0, periodSeconds: 15}]}}": "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero",
	} {
		file := filepath.Join(t.TempDir(), "s.yaml")
		require.NoError(t, os.WriteFile(file,
			[]byte(fmt.Sprintf(controlScenario, "", fmt.Sprintf(webHPA, settings, cpuHalf), "")), 0o600))
		_, diagnostics, code := rehearse(t, "validate", file)
		assert.Equal(t, exitBadInput, code, settings)
		assert.Contains(t, diagnostics, want)
	}
}

// Limits that no client has are refused.
func TestLimitsOfClients(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(file, []byte(fmt.Sprintf(controlScenario, "", "", "")), 0o600))
	const qps = "cluster.kubeControllerManager.kube-api-qps="
	for setting, want := range map[string]string{
		qps + "-1": "", qps + "0.5": "", qps + "200": "",
		qps + "0":     "must not be 0, of which client-go makes 5 for each API group, got 0",
		qps + "1e-60": "must not be 0, of which client-go makes 5 for each API group, got 1e-60",
		qps + "+Inf":  "must be from -1e+06 to 1e+06, got +Inf",
		qps + "fast":  `must be a number, got "fast"`,
		"cluster.kubeControllerManager.kube-api-burst=-3": "kube-api-burst: must be greater than 0 when kube-api-qps is, got -3",
	} {
		_, diagnostics, code := rehearse(t, "validate", file, "--set", setting)
		if want == "" {
			assert.Equal(t, exitOK, code, diagnostics)
			continue
		}
		assert.Equal(t, exitBadInput, code, setting)
		assert.Contains(t, diagnostics, want)
	}
}

// Periods that would not let a run come forward are refused.
func TestPeriodsThatWouldStopTimeAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(file, []byte(fmt.Sprintf(controlScenario, "", "", "")), 0o600))
	for path, want := range map[string]string{
		"cluster.kubeControllerManager.horizontal-pod-autoscaler-sync-period=1ns": "must be at least 1s, got 1ns",
		"cluster.metricsServer.metric-resolution=1us":                             "must be 0s or at least 1s, got 1µs",
		"cluster.prometheus.scrape_interval=0s":                                   "must be at least 1s, got 0s",
		"cluster.prometheusAdapter.metrics-relist-interval=1ms":                   "must be at least 1s, got 1ms",
	} {
		_, diagnostics, code := rehearse(t, "validate", file, "--set", path)
		assert.Equal(t, exitBadInput, code, path)
		assert.Contains(t, diagnostics, want)
	}
}
