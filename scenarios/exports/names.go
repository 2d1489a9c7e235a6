package exports

import (
	"regexp"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/recognise"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// measure is what a metric stands for.
type measure struct {
	of cluster.Measure
	// words say it.
	words string
	// engine is the one whose pods show it, "" for any pods.
	engine string
}

// named are metrics by name, in the form of plain.
//
// Sources: vLLM's docs/design/metrics.md (gpu_cache_usage_perc until V1), SGLang's
// docs/references/production_metrics.md, text-generation-inference's
// docs/source/reference/metrics.md, the example rules of prometheus-adapter, ingress-nginx'
// docs/user-guide/monitoring.md, Istio's docs/reference/config/metrics.
var named = map[string]measure{
	"vllm_num_requests_waiting": {cluster.ModelWaiting, "prompts that wait in the engines", "vllm"},
	"vllm_num_requests_running": {cluster.ModelRunning, "prompts that the engines work on", "vllm"},
	"vllm_gpu_cache_usage_perc": {cluster.KVCacheUsage, "use of the KV cache", "vllm"},
	"vllm_kv_cache_usage_perc":  {cluster.KVCacheUsage, "use of the KV cache", "vllm"},

	"sglang_num_queue_reqs":   {cluster.ModelWaiting, "prompts that wait in the engines", "sglang"},
	"sglang_num_running_reqs": {cluster.ModelRunning, "prompts that the engines work on", "sglang"},
	"sglang_token_usage":      {cluster.KVCacheUsage, "use of the KV cache", "sglang"},

	"tgi_queue_size":         {cluster.ModelWaiting, "prompts that wait in the engines", "tgi"},
	"tgi_batch_current_size": {cluster.ModelRunning, "prompts that the engines work on", "tgi"},

	"http_requests":                     {cluster.Requests, "requests per second", ""},
	"http_server_requests":              {cluster.Requests, "requests per second", ""},
	"requests":                          {cluster.Requests, "requests per second", ""},
	"nginx_ingress_controller_requests": {cluster.Requests, "requests per second", ""},
	"istio_requests":                    {cluster.Requests, "requests per second", ""},

	"http_request_duration_seconds":                     {cluster.Latency, "time of requests", ""},
	"http_server_request_duration_seconds":              {cluster.Latency, "time of requests", ""},
	"http_server_requests_seconds":                      {cluster.Latency, "time of requests", ""},
	"nginx_ingress_controller_request_duration_seconds": {cluster.Latency, "time of requests", ""},

	"http_requests_in_flight": {cluster.InFlight, "requests in flight", ""},
	"inflight_requests":       {cluster.InFlight, "requests in flight", ""},
	"concurrent_requests":     {cluster.InFlight, "requests in flight", ""},
}

// asRate are the ends by which prometheus-adapter's rules and people name the rate of a
// counter.
var asRate = regexp.MustCompile(`(_total)?(_per_second|_rate|_rps|_qps)?$`)

// of is what a metric of a name is. Names of Prometheus have colons where those of the
// metrics APIs may have underscores.
func of(name string) (measure, bool) {
	plain := strings.NewReplacer(":", "_", "-", "_", ".", "_").Replace(strings.ToLower(name))
	if m, is := named[plain]; is {
		return m, true
	}
	m, is := named[asRate.ReplaceAllString(plain, "")]
	return m, is && m.of == cluster.Requests
}

// shownBy reports whether a program of a pod's containers shows the measure.
func (m measure) shownBy(pod *v1.PodSpec) bool {
	return slices.ContainsFunc(pod.Containers, func(c v1.Container) bool {
		p, _ := recognise.Of(&c)
		return m.engine == "" || p.Server != nil && p.Server.Engine == m.engine
	})
}
