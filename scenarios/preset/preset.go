package preset

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// Preset is a workload that stands for many of its kind. What a scenario says
// itself goes before it. Sources says where values come from, by their path;
// all others are assumptions, and printed as such.
type Preset struct {
	yaml    string
	Sources map[string]string
	More    string // what the preset leaves open without a model
}

// All are the presets by name.
var All = map[string]Preset{
	"fastapi-agent": {
		yaml: `
image: {size: 350Mi}
start: lognormal(3s, 6s)
cpu: {start: 2s, startThreads: 1, idle: 5m, probe: 1ms, threads: 1}
memory: {base: 300Mi, perRequest: 1Mi, retain: 60%}
service: {time: "lognormal(2s, 20s)", cpu: 10m, concurrency: 0}
`,
		Sources: map[string]string{
			"cpu.threads":         "one event loop under CPython's lock (docs.python.org, glossary: global interpreter lock)",
			"memory.base":         "users report 240 to 380 MB for the FastAPI process of an agent",
			"service.concurrency": "uvicorn's --limit-concurrency is unset by default (uvicorn.org, settings)",
		},
	},
	"vllm": {
		yaml: `
image: {size: 10Gi}
start: lognormal(25s, 40s)
cpu: {start: 20s, startThreads: 2, idle: 100m, probe: 2ms}
memory: {base: 5Gi, perRequest: 256Ki}
service: {concurrency: 0}
`,
		Sources: map[string]string{
			"image.size":          "images of inference servers have 10 to 20 GB",
			"start":               "users report 15 to 40 s from loaded weights to the first request with an 8B model",
			"service.concurrency": "the engine queues without bound (docs.vllm.ai, engine arguments: --max-num-seqs bounds the batch alone)",
		},
		More: "give model for the time that weights take, and service.llm or service.time for requests",
	},
	"vllm-cold": {
		yaml: `
image: {size: 10Gi}
start: lognormal(210s, 280s)
cpu: {start: 60s, startThreads: 2, idle: 100m, probe: 2ms}
memory: {base: 5Gi, perRequest: 256Ki}
service: {concurrency: 0}
`,
		Sources: map[string]string{
			"image.size":          "images of inference servers have 10 to 20 GB",
			"start":               "8B model on an L40S without caches: 94 s to import and set up, 52 s torch.compile, 54 s CUDA graphs (tensorfuse.io, 2025); 35B model: 243 s beside its weights (vllm-project/vllm#44881)",
			"service.concurrency": "the engine queues without bound (docs.vllm.ai, engine arguments: --max-num-seqs bounds the batch alone)",
		},
		More: "give model for the time that weights take: 464Mi/s from Hugging Face's copy on the node, 851Mi/s from a shared volume (the same L40S)",
	},
	"vllm-warm": {
		yaml: `
image: {size: 10Gi}
start: lognormal(55s, 80s)
cpu: {start: 25s, startThreads: 2, idle: 100m, probe: 2ms}
memory: {base: 5Gi, perRequest: 256Ki}
service: {concurrency: 0}
`,
		Sources: map[string]string{
			"image.size":          "images of inference servers have 10 to 20 GB",
			"start":               "8B model on an L40S with the caches of torch.compile kept and few CUDA graphs: 34 s to import and set up, 23 s torch.compile, 7 s graphs (tensorfuse.io, 2025); 59 s of a 3B model (vllm-project/vllm#20264)",
			"service.concurrency": "the engine queues without bound (docs.vllm.ai, engine arguments: --max-num-seqs bounds the batch alone)",
		},
		More: "give model for the time that weights take: 851Mi/s from a shared volume (the same L40S)",
	},
	"rag-worker": {
		yaml: `
image: {size: 1500Mi}
start: lognormal(8s, 16s)
cpu: {start: 6s, startThreads: 2, idle: 10m, probe: 1ms}
memory:
  base: 700Mi
  perRequest: 24Mi
  retain: 80%
  bursts: {every: exponential(5m), size: "pareto(60Mi, 900Mi)", lasts: "lognormal(5s, 40s)"}
service: {time: "lognormal(700ms, 5s)", cpu: 400m, concurrency: 16, queue: 64}
`,
	},
}

// Names lists them.
func Names() []string { return slices.Sorted(maps.Keys(All)) }

// Leaf is a value of a preset.
type Leaf struct{ Path, Text string }

// Leaves are the values that a preset gives, by their path.
func Leaves(node *yaml.Node, path string) (list []Leaf) {
	if node.Kind != yaml.MappingNode {
		return []Leaf{{path, node.Value}}
	}
	for i := 0; i < len(node.Content); i += 2 {
		list = append(list, Leaves(node.Content[i+1], within(path, node.Content[i].Value))...)
	}
	return list
}

func within(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Read decodes the preset, and returns what it is written as.
func (p Preset) Read(w *wire.Workload) *yaml.Node {
	*w = wire.Builtin([]byte(p.yaml))
	var bare yaml.Node
	if err := yaml.Unmarshal([]byte(p.yaml), &bare); err != nil {
		panic(err) // a test reads them all
	}
	return bare.Content[0]
}
