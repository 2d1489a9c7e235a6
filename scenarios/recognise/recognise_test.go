package recognise

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
)

func container(image string, command, args []string, env ...string) *v1.Container {
	c := &v1.Container{Image: image, Command: command, Args: args}
	for i := 0; i+1 < len(env); i += 2 {
		c.Env = append(c.Env, v1.EnvVar{Name: env[i], Value: env[i+1]})
	}
	return c
}

func TestModelServers(t *testing.T) {
	for name, c := range map[string]struct {
		container *v1.Container
		program   string
		server    Server
	}{
		"vllm by its command": {container("example.com/team/llm:7", []string{"vllm", "serve"}, []string{"Qwen/Qwen3-8B", "--max-model-len", "4096", "--tensor_parallel_size=2"}),
			"vLLM", Server{Engine: "vllm", Model: "Qwen/Qwen3-8B", Args: []string{"--max-model-len=4096", "--tensor-parallel-size=2"}}},
		"vllm by its image": {container("docker.io/vllm/vllm-openai:v0.11.0", nil, []string{"--model", "facebook/opt-125m", "--enable-prefix-caching"}),
			"vLLM", Server{Engine: "vllm", Version: "0.11.0", Model: "facebook/opt-125m", Args: []string{"--enable-prefix-caching=true"}}},
		"vllm in a shell": {container("a/b", []string{"/bin/sh", "-c", "sleep 5; exec vllm serve $MODEL --max-num-seqs 64"}, nil, "MODEL", "meta-llama/Llama-3.1-8B"),
			"vLLM", Server{Engine: "vllm", Model: "meta-llama/Llama-3.1-8B", Args: []string{"--max-num-seqs=64"}}},
		"python module": {container("a/b", []string{"python3", "-m", "vllm.entrypoints.openai.api_server"}, []string{"--model=x/y"}),
			"vLLM", Server{Engine: "vllm", Model: "x/y"}},
		"sglang": {container("lmsysorg/sglang:v0.5.2", []string{"python3", "-m", "sglang.launch_server", "--model-path", "x/y", "--tp", "4", "--context-length", "8192"}, nil),
			"SGLang", Server{Engine: "sglang", Version: "0.5.2", Model: "x/y", Args: []string{"--max-model-len=8192", "--tensor-parallel-size=4"}}},
		"tgi": {container("ghcr.io/huggingface/text-generation-inference:3.3", nil, nil, "MODEL_ID", "x/y", "NUM_SHARD", "2"),
			"text-generation-inference", Server{Engine: "tgi", Version: "3.3", Model: "x/y", Args: []string{"--tensor-parallel-size=2"}}},
		"nim": {container("nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.0", nil, nil), "NVIDIA NIM",
			Server{Engine: "tensorrt-llm", Version: "1.8.0", Model: "meta/llama-3.1-8b-instruct"}},
		"ollama": {container("ollama/ollama:0.6.2", nil, nil), "Ollama", Server{Version: "0.6.2"}},
		"embeddings": {container("ghcr.io/huggingface/text-embeddings-inference:cpu-1.7", nil, []string{"--model-id", "BAAI/bge-small"}),
			"text-embeddings-inference", Server{Model: "BAAI/bge-small", Embeds: true}},
	} {
		t.Run(name, func(t *testing.T) {
			p, is := Of(c.container)
			require.True(t, is)
			assert.Equal(t, c.program, p.Name)
			require.NotNil(t, p.Server)
			assert.Equal(t, c.server, *p.Server)
		})
	}
}

func TestCompanions(t *testing.T) {
	for image, name := range map[string]string{
		"postgres:16": "PostgreSQL", "docker.io/bitnami/postgresql:17": "PostgreSQL", "pgvector/pgvector:pg16": "PostgreSQL",
		"redis@sha256:0123": "Redis", "valkey/valkey:8": "Redis", "gcr.io/google-samples/gb-redis-follower:v2": "Redis",
		"nginx": "nginx", "docker.io/istio/proxyv2:1.26": "Envoy", "envoyproxy/envoy:v1.34": "Envoy",
		"otel/opentelemetry-collector-contrib:0.130": "OpenTelemetry Collector", "qdrant/qdrant:v1.15": "Qdrant",
		"prom/prometheus:v3": "Prometheus", "oliver006/redis_exporter:v1.74": "a metrics exporter", "busybox": "a shell's tools",
	} {
		p, is := Of(&v1.Container{Image: image})
		if assert.True(t, is, image) && assert.NotNil(t, p.Companion, image) {
			assert.Equal(t, name, p.Companion.Name, image)
		}
	}
}

// What only carries an engine's name, and what people wrote themselves, is not taken
// for it.
func TestWhatIsNotRecognised(t *testing.T) {
	for _, image := range []string{"lmcache/lmstack-router:latest", "ghcr.io/open-webui/open-webui:main", "example.com/shop/frontend:1",
		"registry.k8s.io/gateway-api-inference-extension/epp:v1", "example.com/vllm-router:2", ""} {
		p, is := Of(&v1.Container{Image: image})
		assert.False(t, is && p.Server != nil, image)
	}
	_, is := Of(container("example.com/tool", []string{"python", "serve.py"}, []string{"--model", "x"}))
	assert.False(t, is)
}

// The descriptions of the program's own are read as those of a scenario; Workload
// panics where one is not.
func TestOwnDescriptionsAreRead(t *testing.T) {
	for _, c := range Companions() {
		w := Workload(c.Workload)
		assert.NotNil(t, w.Start, c.Name)
		assert.NotNil(t, w.Memory.Base, c.Name)
	}
	assert.NotNil(t, Workload(OtherServer).Service)
	assert.NotNil(t, Workload(Embeddings).Service)
}

// Whatever a container says of itself is read without a panic, and settings are those
// of flags that there are.
func FuzzOf(f *testing.F) {
	f.Add("vllm/vllm-openai:v0.11.0", "vllm serve $A", "--model=x --max-model-len", "$(A)$(A)")
	f.Add("a@sha256:1", "sh -c", "exec sglang.launch_server --tp", "")
	f.Add(":", "=", "--", "$")
	f.Fuzz(func(t *testing.T, image, command, arguments, value string) {
		c := container(image, strings.Split(command, " "), strings.Split(arguments, " "), "A", value, "MODEL_ID", value)
		p, is := Of(c)
		if is == (p.Server == nil && p.Companion == nil) {
			t.Fatal("a program is a server or a companion")
		}
		if p.Server != nil {
			for _, a := range p.Server.Args {
				if !strings.HasPrefix(a, "--") || !strings.Contains(a, "=") {
					t.Fatal(a)
				}
			}
		}
	})
}
