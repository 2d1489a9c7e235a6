package recognise

import (
	"regexp"
	"slices"
	"strings"
)

// engine is a model server, and how it is told what to serve.
type engine struct {
	name, id string
	// images are parts of an image's path; commands are words of a command line.
	images   []string
	commands [][]string
	// model finds the model.
	model func(words) string
	// flags are those of the engine by vLLM's names.
	flags  map[string][]string
	embeds bool
}

// engines in the order in which they are looked for. Their flags are those of their
// own documents: docs.vllm.ai (engine arguments), docs.sglang.ai (server arguments),
// huggingface.co/docs/text-generation-inference (launcher), nvidia.github.io/TensorRT-LLM
// (trtllm-serve), github.com/ggml-org/llama.cpp (tools/server).
var engines = []engine{
	{
		name: "vLLM", id: "vllm", images: []string{"vllm-openai", "vllm/vllm", "vllm-cpu", "rocm/vllm", "vllm-tpu"},
		commands: [][]string{{"vllm", "serve"}, {"vllm.entrypoints.openai.api_server"}, {"vllm.entrypoints.api_server"}},
		model: func(w words) string {
			if named := w.flag("--model"); named != "" {
				return named
			}
			return w.after("serve")
		},
		flags: map[string][]string{
			"tensor-parallel-size": {"--tensor-parallel-size", "-tp"}, "pipeline-parallel-size": {"--pipeline-parallel-size", "-pp"},
			"data-parallel-size": {"--data-parallel-size", "-dp"}, "max-model-len": {"--max-model-len"},
			"max-num-seqs": {"--max-num-seqs", "--max-num-seq"}, "max-num-batched-tokens": {"--max-num-batched-tokens"},
			"gpu-memory-utilization": {"--gpu-memory-utilization"}, "quantization": {"--quantization", "-q"},
			"kv-cache-dtype": {"--kv-cache-dtype"}, "enable-prefix-caching": {"--enable-prefix-caching"},
			"no-enable-prefix-caching": {"--no-enable-prefix-caching"}, "enable-expert-parallel": {"--enable-expert-parallel"},
		},
	},
	{
		name: "SGLang", id: "sglang", images: []string{"lmsysorg/sglang", "/sglang"},
		commands: [][]string{{"sglang.launch_server"}, {"sglang", "serve"}},
		model:    func(w words) string { return w.flag("--model-path", "--model") },
		flags: map[string][]string{
			"tensor-parallel-size": {"--tensor-parallel-size", "--tp-size", "--tp"}, "data-parallel-size": {"--data-parallel-size", "--dp-size", "--dp"},
			"max-model-len": {"--context-length"}, "max-num-seqs": {"--max-running-requests"},
			"gpu-memory-utilization": {"--mem-fraction-static"}, "quantization": {"--quantization"},
			"kv-cache-dtype": {"--kv-cache-dtype"},
		},
	},
	{
		name: "text-generation-inference", id: "tgi", images: []string{"text-generation-inference"},
		commands: [][]string{{"text-generation-launcher"}},
		model:    func(w words) string { return first(w.flag("--model-id"), w.env["MODEL_ID"]) },
		flags: map[string][]string{
			"tensor-parallel-size": {"--num-shard", "$NUM_SHARD"}, "max-model-len": {"--max-total-tokens", "$MAX_TOTAL_TOKENS"},
			"max-num-batched-tokens": {"--max-batch-prefill-tokens", "$MAX_BATCH_PREFILL_TOKENS"},
			"quantization":           {"--quantize", "$QUANTIZE"},
			"gpu-memory-utilization": {"--cuda-memory-fraction", "$CUDA_MEMORY_FRACTION"},
		},
	},
	{
		name: "TensorRT-LLM", id: "tensorrt-llm", images: []string{"tensorrt-llm/release", "tensorrtllm"},
		commands: [][]string{{"trtllm-serve"}},
		model: func(w words) string {
			if named := w.after("serve"); named != "" {
				return named
			}
			return w.after("trtllm-serve")
		},
		flags: map[string][]string{
			"tensor-parallel-size": {"--tp-size"}, "pipeline-parallel-size": {"--pp-size"}, "max-model-len": {"--max-seq-len"},
			"max-num-seqs": {"--max-batch-size"}, "max-num-batched-tokens": {"--max-num-tokens"},
		},
	},
	{
		name: "NVIDIA NIM", id: "tensorrt-llm", images: []string{"nvcr.io/nim/"},
		model: func(w words) string {
			return first(w.env["NIM_MODEL_NAME"], strings.TrimPrefix(w.path, "nvcr.io/nim/"))
		},
		flags: map[string][]string{"tensor-parallel-size": {"$NIM_TENSOR_PARALLEL_SIZE"}, "max-model-len": {"$NIM_MAX_MODEL_LEN"}},
	},
	{name: "Ollama", images: []string{"ollama/ollama", "/ollama"}, commands: [][]string{{"ollama", "serve"}},
		model: func(w words) string { return first(w.env["OLLAMA_MODEL"], w.env["OLLAMA_MODELS_TO_PULL"]) }},
	{name: "llama.cpp", images: []string{"llama.cpp", "llama-cpp", "llama_cpp"},
		commands: [][]string{{"llama-server"}, {"llama_cpp.server"}},
		model:    func(w words) string { return w.flag("-m", "--model", "-hf", "--hf-repo") }},
	{name: "Triton", images: []string{"nvidia/tritonserver"}, commands: [][]string{{"tritonserver"}}},
	{name: "text-embeddings-inference", images: []string{"text-embeddings-inference"}, embeds: true,
		commands: [][]string{{"text-embeddings-router"}},
		model:    func(w words) string { return first(w.flag("--model-id"), w.env["MODEL_ID"]) }},
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// others are images that carry an engine's name and are none: they route, watch or
// fill.
var others = []string{"router", "exporter", "sidecar", "operator", "controller", "webui", "epp", "proxy", "cache", "syncer"}

func serverOf(w words) (Program, bool) {
	for _, e := range engines {
		by := ""
		switch {
		case slices.ContainsFunc(e.commands, func(c []string) bool { return w.says(c...) }):
			by = "its command"
		case e.inImage(w):
			by = "its image"
		default:
			continue
		}
		s := &Server{Engine: e.id, Version: version(w.tag), Embeds: e.embeds, Args: e.args(w)}
		if e.model != nil {
			s.Model = e.model(w)
		}
		return Program{Name: e.name, By: by, Server: s}, true
	}
	return Program{}, false
}

func (e engine) inImage(w words) bool {
	if slices.ContainsFunc(others, func(part string) bool { return strings.Contains(w.base(), part) }) {
		return false
	}
	return slices.ContainsFunc(e.images, func(part string) bool {
		return strings.Contains("/"+w.path, part)
	})
}

// args are the settings that are given, in the spelling and order of vLLM's flags.
func (e engine) args(w words) []string {
	var list []string
	for name, own := range e.flags {
		for _, flag := range own {
			value := ""
			if variable, is := strings.CutPrefix(flag, "$"); is {
				value = w.env[variable]
			} else {
				value = w.flag(flag)
			}
			if value != "" {
				list = append(list, "--"+name+"="+value)
				break
			}
		}
	}
	slices.Sort(list)
	return list
}

var versions = regexp.MustCompile(`^v?(\d+\.\d+(?:\.\d+)?)`)

// version is the engine's by the tag of its image.
func version(tag string) string {
	if m := versions.FindStringSubmatch(tag); m != nil {
		return m[1]
	}
	return ""
}
