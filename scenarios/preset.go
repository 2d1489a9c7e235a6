package scenarios

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// preset is a workload that stands for many of its kind. What a scenario says
// itself goes before it. Where says of each part where it comes from.
type preset struct {
	yaml  string
	where []string
}

// presets by name. Values without a source are assumptions, and printed as
// such.
var presets = map[string]preset{
	"fastapi-agent": {
		yaml: `
image: {size: 350Mi}
start: lognormal(3s, 6s)
cpu: {start: 2s, startThreads: 1, idle: 5m, probe: 1ms, threads: 1}
memory: {base: 180Mi, perRequest: 1Mi, retain: 60%}
service: {time: "lognormal(2s, 20s)", cpu: 10m, concurrency: 0}
`,
		where: []string{
			"cpu.threads 1: one event loop under CPython's lock (docs.python.org, glossary: global interpreter lock)",
			"service.concurrency 0: uvicorn's --limit-concurrency is unset by default (uvicorn.org, settings)",
			"assumed: image 350Mi, start 3s (p99 6s) with 2 core-seconds, memory 180Mi + 1Mi a request of which 60 % stays, requests 2s (p99 20s) with 10m",
		},
	},
	"vllm": {
		yaml: `
image: {size: 8Gi}
start: lognormal(25s, 50s)
cpu: {start: 20s, startThreads: 2, idle: 100m, probe: 2ms}
memory: {base: 5Gi, perRequest: 256Ki}
service: {concurrency: 0}
`,
		where: []string{
			"service.concurrency 0: the engine queues without bound (docs.vllm.ai, engine arguments: --max-num-seqs bounds the batch alone)",
			"assumed: image 8Gi, start 25s (p99 50s) with 20 core-seconds, 5Gi of host memory; give model for the time that weights take, and service.llm or service.time for requests",
		},
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
  bursts: {every: exponential(5m), size: "lognormal(60Mi, 900Mi)", lasts: "lognormal(5s, 40s)"}
service: {time: "lognormal(700ms, 5s)", cpu: 400m, concurrency: 16, queue: 64}
`,
		where: []string{
			"assumed: image 1500Mi, start 8s (p99 16s) with 6 core-seconds, memory 700Mi + 24Mi a request of which 80 % stays, a document of 60Mi (p99 900Mi) every 5 minutes, requests 700ms (p99 5s) with 400m, 16 at once",
		},
	},
}

// presetNames lists them.
func presetNames() []string { return slices.Sorted(maps.Keys(presets)) }

// preset fills in what a workload leaves out.
func (b *builder) preset(at string, w *Workload) {
	if w.Preset == "" {
		return
	}
	p, known := presets[w.Preset]
	if !known {
		b.fault(at+".preset", "must be one of %s, got %.60q", strings.Join(presetNames(), ", "), w.Preset)
		return
	}
	var from Workload
	p.read(&from)
	if s := w.Service; s != nil && (s.Steps != nil || s.Model != nil) {
		from.Service.Time, from.Service.CPU = nil, nil
	}
	fill(reflect.ValueOf(w).Elem(), reflect.ValueOf(from))
	if w.Service.Time == nil && w.Service.Steps == nil && w.Service.Model == nil {
		w.Service = nil // it says nothing of requests
	}
	for _, line := range p.where {
		b.assumption("preset %s: %s", w.Preset, line)
	}
}

func (p preset) read(w *Workload) {
	var node yaml.Node
	if err := yaml.Unmarshal([]byte("target: x"+p.yaml), &node); err != nil {
		panic(err) // a test reads them all
	}
	var f faults
	f.decode(node.Content[0], reflect.ValueOf(w).Elem(), "")
	if len(f.list) > 0 {
		panic(fmt.Sprint(f.list))
	}
	w.Target = ""
}

// fill copies what is given in from and left out in to, member by member.
func fill(to, from reflect.Value) {
	switch {
	case from.IsZero():
	case to.IsZero():
		to.Set(from)
	case to.Kind() == reflect.Pointer && to.Elem().Kind() == reflect.Struct && !isScalar(to):
		fill(to.Elem(), from.Elem())
	case to.Kind() == reflect.Struct && !isScalar(to.Addr()):
		for i := range to.NumField() {
			if to.Field(i).CanSet() {
				fill(to.Field(i), from.Field(i))
			}
		}
	}
}

func isScalar(v reflect.Value) bool {
	_, is := v.Interface().(scalar)
	return is
}
