package recognise

import (
	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// OtherServer is a server of models whose times are not known.
var OtherServer = map[string]any{
	"image": map[string]any{"size": "2Gi"}, "start": "lognormal(10s, 60s)",
	"memory":  map[string]any{"base": "1Gi", "perRequest": "1Mi"},
	"service": map[string]any{"time": "lognormal(3s, 20s)", "concurrency": 0},
}

// Embeddings is a server of embeddings.
var Embeddings = map[string]any{
	"image": map[string]any{"size": "1Gi"}, "start": "lognormal(10s, 40s)",
	"memory":  map[string]any{"base": "1Gi", "perRequest": "1Mi"},
	"service": map[string]any{"time": "lognormal(30ms, 200ms)", "cpu": "50m", "concurrency": 64},
}

// Workload reads a description of the program's own, as an entry of workloads.
func Workload(values map[string]any) *wire.Workload {
	text, err := yaml.Marshal(values)
	if err != nil {
		panic(err)
	}
	w := wire.Builtin(text)
	return &w
}
