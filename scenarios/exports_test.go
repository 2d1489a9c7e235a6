package scenarios_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// modelServer is a Deployment of vLLM.
const modelServer = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  selector: {matchLabels: {app: llm}}
  template:
    metadata: {labels: {app: llm}}
    spec:
      containers:
      - name: vllm
        image: vllm/vllm-openai:v0.11.0
        command: [vllm, serve, meta-llama/Llama-3.1-8B-Instruct]
        resources: {limits: {nvidia.com/gpu: 1}}
`

const scaledServer = modelServer + `---
{apiVersion: v1, kind: Service, metadata: {name: llm}, spec: {selector: {app: llm}, ports: [{port: 80}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: llm}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: llm}
  maxReplicas: 4
  metrics: [METRICS]
`

// Metrics that autoscalers ask for are measured by what their names say, of what shows
// them; of the others it is told that nothing exports them.
func TestMetricsOfAutoscalers(t *testing.T) {
	pods := func(name string) string {
		return `{type: Pods, pods: {metric: {name: "` + name + `"}, target: {type: AverageValue, averageValue: "5"}}}`
	}
	for _, c := range []struct {
		metric, server string
		want           cluster.Measure
		told           string
	}{
		{pods("vllm:num_requests_waiting"), "", cluster.ModelWaiting,
			"HorizontalPodAutoscaler default/llm: its metric vllm:num_requests_waiting is taken to be the prompts that wait in the " +
				"engines of Deployment/llm"},
		{pods("vllm_gpu_cache_usage_perc"), "", cluster.KVCacheUsage, "use of the KV cache of Deployment/llm"},
		{pods("sglang_num_queue_reqs"), "", "", "nothing exports its metric sglang_num_queue_reqs, so it can't get it"},
		{pods("vllm:num_requests_waiting"), "web:1", "", "nothing exports its metric vllm:num_requests_waiting"},
		{pods("http_requests_per_second"), "web:1", cluster.Requests, "requests per second of Deployment/llm"},
		{pods("DCGM_FI_DEV_GPU_UTIL"), "", "", "nothing exports its metric DCGM_FI_DEV_GPU_UTIL"},
		{`{type: External, external: {metric: {name: http_requests_total, selector: {matchLabels: {a: b}}}, target: {type: Value, value: "5"}}}`,
			"web:1", cluster.Requests, "requests per second of Deployment/llm"},
		{`{type: External, external: {metric: {name: http_requests, selector: {matchExpressions: [{key: a, operator: Exists}]}}, target: {type: Value, value: "5"}}}`,
			"web:1", "", "nothing exports its metric http_requests"},
		{`{type: Object, object: {describedObject: {kind: Service, name: llm, apiVersion: v1}, metric: {name: requests-per-second}, target: {type: Value, value: "5"}}}`,
			"web:1", cluster.Requests, "requests per second in front of Service llm"},
		{pods("vllm:num_requests_waiting") + ", " + pods("vllm:num_requests_waiting"), "", cluster.ModelWaiting, "prompts that wait"},
		{`{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}`, "", "", ""},
	} {
		text := strings.Replace(scaledServer, "METRICS", c.metric, 1)
		if c.server != "" {
			text = strings.Replace(text, "vllm/vllm-openai:v0.11.0", c.server, 1)
			text = strings.Replace(text, "command: [vllm, serve, meta-llama/Llama-3.1-8B-Instruct]", "command: [web]", 1)
		}
		spec, err := read(t, map[string]string{"m.yaml": text}, func(o *scenarios.Options) {
			o.Nodes = []string{"1xaws/g6e.xlarge"}
		}, "m.yaml")
		require.NoError(t, err, c.metric)
		if c.told != "" {
			assert.Contains(t, assumed(spec), c.told)
		} else {
			assert.NotContains(t, assumed(spec), "its metric")
		}
		if c.want == "" {
			assert.Empty(t, spec.Metrics, c.metric)
			continue
		}
		require.Len(t, spec.Metrics, 1, c.metric)
		assert.Equal(t, c.want, spec.Metrics[0].Source.(cluster.Exposed).Of)
	}
}
