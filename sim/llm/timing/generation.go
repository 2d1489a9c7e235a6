package timing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// Generation is a kind of engine: how its iterations go, and what measurements
// say of their time.
type Generation struct {
	Name string
	// Overlaps says that the host prepares an iteration while the GPUs work on the
	// one before. What comes meanwhile is then seen one iteration later.
	Overlaps bool
	// PerQueryHead says that attention reads keys once for each head of queries,
	// not once for all that share them: paged attention without FlashAttention.
	PerQueryHead bool
	// WholePrompts admits a sequence when the cache has room for all of its prompt,
	// not only for the first chunk.
	WholePrompts bool
	// FullGraphs says that CUDA graphs hold whole iterations of decoding, not only
	// what lies between attentions.
	FullGraphs bool
	// OwnCheckpoints says that quantised models are the engine's vendor's: all
	// products and the cache in 8 bits or less (NVIDIA ModelOpt's recipes).
	OwnCheckpoints bool
	Coefficients   Coefficients
	Fitted         Fitted
}

// Fitted is what coefficients were fitted to; without GPUs they are those of
// another generation or of nothing.
type Fitted struct {
	Versions string
	GPUs     []string
	Date     string
}

// slowPaged reports whether paged attention goes without partitions of the
// context: vLLM V0 chooses it with more than 512 sequences × heads on a GPU
// (vllm/attention/ops/paged_attn.py: use_v1).
func (g *Generation) slowPaged(s *Setup, sequences int64) bool {
	return g.PerQueryHead && float64(sequences*int64(s.Model.Heads))/s.tensor() > 512
}

// Newest is the generation of vLLM's newest versions.
func Newest() *Generation { return &vllmAsync }

// Generations are all that are known.
func Generations() []*Generation {
	return []*Generation{&vllmAsync, &vllmV1Graphs, &vllmV1, &vllmV0, &vllmV0Paged, &vllmV0ROCm, &vllmV0Tuned, &sglang,
		&trtllm, &tgi}
}

var initial = Coefficients{Weights: 0.85, Cache: 0.8, Arithmetic: 0.6, Grouped: 0.3, Layer: 30, Experts: 50, Reduce: 12,
	Launch: 60, Step: 1500, Sequence: 20, Request: 2.5, Intake: 2.5, Paged: 0.25}

// Prior is what one expects of a generation before anything is measured of it.
func (g *Generation) Prior() Coefficients {
	if !g.Overlaps && !g.WholePrompts && !g.FullGraphs {
		return piecewise()
	}
	return initial
}

// piecewise is what one expects of an engine whose CUDA graphs end at each
// attention, which the host launches.
func piecewise() Coefficients {
	c := initial
	c.Launch = 280
	return c
}

// Adapt makes of a quantised model the checkpoint that the engine serves.
func (g *Generation) Adapt(m *catalogue.Model) {
	if !g.OwnCheckpoints || m.Weights == catalogue.Sixteen {
		return
	}
	if m.Weights == catalogue.FP8MLP {
		m.Weights = catalogue.FP8
	}
	m.KV = catalogue.FP8
}

// Measured reports whether the coefficients rest on measurements of the GPU.
func (g *Generation) Measured(gpu *catalogue.GPU) bool {
	whole, _, _ := strings.Cut(gpu.Name, "/")
	return slices.Contains(g.Fitted.GPUs, whole)
}

// FittedTo says what the coefficients were fitted to.
func (g *Generation) FittedTo() string {
	if len(g.Fitted.GPUs) == 0 {
		return "other engines"
	}
	return fmt.Sprintf("%s on %s", g.Fitted.Versions, strings.Join(g.Fitted.GPUs, ", "))
}
