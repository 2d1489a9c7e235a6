package scenarios_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

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

// readServer reads manifests with modelServer, on a machine that has room for it. server is
// the image of a web service in its place, "" for none.
func readServer(t *testing.T, text, server string) (*cluster.Spec, error) {
	if server != "" {
		text = strings.Replace(text, "vllm/vllm-openai:v0.11.0", server, 1)
		text = strings.Replace(text, "command: [vllm, serve, meta-llama/Llama-3.1-8B-Instruct]", "command: [web]", 1)
	}
	return read(t, map[string]string{"m.yaml": text}, func(o *scenarios.Options) {
		o.Nodes = []string{"1xaws/g6e.xlarge"}
	}, "m.yaml")
}

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
		{pods("vllm:num_requests_waiting") + ", " + pods("vllm:num_requests_waiting"), "", cluster.ModelWaiting,
			"prompts that wait"},
		{`{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}`, "", "", ""},
	} {
		text := strings.Replace(scaledServer, "METRICS", c.metric, 1)
		spec, err := readServer(t, text, c.server)
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

const scaledObject = `---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: llm}
spec:
  scaleTargetRef: {name: TARGET}
  maxReplicaCount: 4
  triggers: [{type: prometheus, metadata: {serverAddress: "http://p:9090", threshold: "5", query: 'QUERY'}}]
`

// The query of a trigger is measured at the pods that it means, and the ScaledObject then
// works. One without a value is left out.
func TestQueriesOfTriggers(t *testing.T) {
	const web = "web:1"
	for _, c := range []struct {
		query, server, target string
		want                  cluster.Exposed // but for the workload, which is the Deployment
		told                  string
	}{
		{query: "vllm:num_requests_waiting", want: cluster.Exposed{Of: cluster.ModelWaiting, Total: cluster.Single},
			told: "its query vllm:num_requests_waiting is taken to be the prompts that wait in the engines of Deployment/llm"},
		{query: `sum(vllm:num_requests_waiting{namespace="default", job="llm", model_name="x"})`,
			want: cluster.Exposed{Of: cluster.ModelWaiting, Total: cluster.Sum}, told: `whatever its model_name="x"`},
		{query: `sum(vllm:num_requests_waiting{namespace="other"})`,
			told: "no pod of the manifests shows vllm:num_requests_waiting"},
		{query: `sum(vllm:num_requests_waiting{pod=~"chat-.*"})`, told: "no pod of the manifests shows"},
		{query: `sum(vllm:num_requests_waiting{pod=~"llm-.*"})`, want: cluster.Exposed{Of: cluster.ModelWaiting,
			Total: cluster.Sum}},
		{query: "sum(vllm:num_requests_waiting)", server: web, told: "no pod of the manifests shows"},
		{query: "sum(rate(http_requests_total[2m]))", server: web,
			want: cluster.Exposed{Of: cluster.Requests, Total: cluster.Sum, Window: 2 * time.Minute}},
		{query: "sum(rate(http_requests_total[20s]))", server: web, told: "20s holds less than two scrapes"},
		{query: "sum(http_requests_total)", server: web, told: "is requests per second, which it does not ask for so"},
		{query: `histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket{service="llm"}[5m])))`,
			server: web,
			want:   cluster.Exposed{Of: cluster.Latency, Total: cluster.Sum, Window: 5 * time.Minute, Quantile: 0.9}},
		{query: "count(x)", told: "has no value: count() is not computed"},
		{query: "sum(", told: "has no value: 1:5: parse error"},
		{query: "DCGM_FI_DEV_GPU_UTIL", told: "nothing exports DCGM_FI_DEV_GPU_UTIL"},
		{query: "sum(vllm:num_requests_waiting)", target: "gone"},
	} {
		text := strings.NewReplacer("TARGET", cmp.Or(c.target, "llm"), "QUERY", c.query).Replace(
			strings.Replace(scaledServer, "  metrics: [METRICS]\n", "", 1) + scaledObject)
		spec, err := readServer(t, text, c.server)
		require.NoError(t, err, c.query)
		assert.Contains(t, assumed(spec), c.told, c.query)
		if c.want.Of == "" {
			assert.Empty(t, spec.Metrics, c.query)
			require.Len(t, spec.Ignored, 1, c.query)
			if c.target != "" {
				assert.Equal(t, "it scales Deployment gone, which is not among the manifests, by "+c.query, spec.Ignored[0].Reason)
			}
			continue
		}
		assert.Empty(t, spec.Ignored, c.query)
		require.Len(t, spec.Metrics, 1, c.query)
		got := spec.Metrics[0].Source.(cluster.Exposed)
		assert.Equal(t, "default/Deployment/llm", got.Workload)
		got.Workload, got.Bounds = "", nil
		assert.Equal(t, c.want, got, c.query)
	}
}

// prometheus-adapter's own rules, where they are among the manifests, say what a metric is
// made of. Those that can't be read are told, and the name decides.
func TestRulesOfTheAdapter(t *testing.T) {
	const config = `
{apiVersion: v1, kind: ConfigMap, metadata: {name: adapter, namespace: monitoring}, data: {config.yaml: 'CONFIG'}}
---`
	for _, c := range []struct {
		rules, metric string
		want          cluster.Exposed
		told          string
	}{
		{rules: `rules: [{seriesQuery: "vllm:num_requests_running", name: {matches: "^vllm:(.*)", as: "${1}"}, ` +
			`metricsQuery: "avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"}]`, metric: "num_requests_running",
			want: cluster.Exposed{Of: cluster.ModelRunning, Total: cluster.Sum},
			told: "its metric num_requests_running, as vllm:num_requests_running by the rule of ConfigMap monitoring/adapter, " +
				"is taken to be the prompts that the engines work on of Deployment/llm"},
		{rules: `rules: [{seriesQuery: "{__name__=~\"^http_.*_total\",pod!=\"\"}", name: {matches: "(.*)_total", as: ""}, ` +
			`metricsQuery: "sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)"}]`, metric: "http_requests",
			want: cluster.Exposed{Of: cluster.Requests, Total: cluster.Sum, Window: 5 * time.Minute}},
		{rules: `externalRules: [{seriesQuery: "vllm:num_requests_waiting", metricsQuery: "sum(<<.Series>>{<<.LabelMatchers>>})"}]`,
			metric: "vllm:num_requests_waiting", want: cluster.Exposed{Of: cluster.ModelWaiting, Total: cluster.Sum}},
		{rules: `rules: [{seriesQuery: "vllm:num_requests_running", metricsQuery: "x"}]`, metric: "vllm:num_requests_waiting",
			told: "no rule of ConfigMap monitoring/adapter makes its metric vllm:num_requests_waiting, so it can't get it"},
		{rules: `rules: [{seriesQuery: "vllm:num_requests_waiting", metricsQuery: "count(<<.Series>>)"}]`,
			metric: "vllm:num_requests_waiting",
			told:   "has no value: of the rule of ConfigMap monitoring/adapter: count() is not computed"},
		{rules: `rules: [{seriesQuery: "http_requests_total", metricsQuery: "sum(<<.Series>>)"}]`,
			metric: "http_requests_total",
			told:   "has no value: http_requests_total is requests per second, which it does not ask for so"},
		{rules: `rules: [{seriesQuery: "(", name: {matches: "("}}]`, metric: "vllm:num_requests_waiting",
			told: "no rule of ConfigMap monitoring/adapter makes its metric"},
		{rules: `rules: [{seriesQuery: "x", name: {matches: "("}}]`, metric: "x", told: "makes its metric x"},
		{rules: `rules: [{seriesQuery: x], `, metric: "vllm:num_requests_waiting",
			want: cluster.Exposed{Of: cluster.ModelWaiting, Total: cluster.Sum},
			told: "ConfigMap monitoring/adapter: prometheus-adapter can't read its rules: config.yaml: yaml: did not"},
	} {
		text := strings.Replace(config, "CONFIG", c.rules, 1) + strings.Replace(scaledServer, "METRICS",
			`{type: Pods, pods: {metric: {name: "`+c.metric+`"}, target: {type: AverageValue, averageValue: "5"}}}`, 1)
		spec, err := readServer(t, text, "")
		require.NoError(t, err, c.rules)
		assert.Contains(t, assumed(spec), c.told, c.rules)
		if c.want.Of == "" {
			assert.Empty(t, spec.Metrics, c.rules)
			continue
		}
		require.Len(t, spec.Metrics, 1, c.rules)
		got := spec.Metrics[0].Source.(cluster.Exposed)
		got.Workload = ""
		assert.Equal(t, c.want, got, c.rules)
	}
}
