package calibrate

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// alike are models that have the shapes of one of the catalogue, by a pattern of
// their name on Hugging Face.
var alike = []struct{ pattern, name string }{
	{`llama-3(\.1)?-8b|distill-llama-8b`, "llama-3.1-8b"},
	{`llama-3(\.[13])?-70b|distill-llama-70b|nemotron-70b`, "llama-3.1-70b"},
	{`llama-3\.1-405b`, "llama-3.1-405b"},
	{`llama-2-7b`, "llama-2-7b"}, {`llama-2-70b`, "llama-2-70b"},
	{`qwen2(\.5)?-7b|acemath-7b|distill-qwen-7b`, "qwen2.5-7b"},
	{`qwen2(\.5)?-72b`, "qwen2.5-72b"},
	{`distill-qwen-14b`, "qwen2.5-14b"}, {`distill-qwen-32b|qwq-32b`, "qwen2.5-32b"},
	{`distill-qwen-1\.5b`, "qwen2.5-1.5b"},
	{`mistral-7b`, "mistral-7b"}, {`mistral-nemo`, "mistral-nemo"},
	{`mixtral-8x7b`, "mixtral-8x7b"}, {`mixtral-8x22b`, "mixtral-8x22b"},
	{`codellama-34b`, "codellama-34b"}, {`yi-34b`, "yi-34b"},
	{`llama-4-scout`, "llama-4-scout-17b-16e"},
	{`deepseek-(r1-0528|v3)`, "deepseek-v3"},
	{`qwen3-235b-a22b`, "qwen3-235b-a22b"}, {`qwen3-30b-a3b`, "qwen3-30b-a3b"},
	{`qwen3-14b`, "qwen3-14b"}, {`qwen3-32b`, "qwen3-32b"},
	{`nemotron-3-nano-30b`, "nemotron-3-nano-30b-a3b"}, {`gemma-4-26b`, "gemma-4-26b-a4b"},
	{`gpt-oss-120b`, "gpt-oss-120b"}, {`gpt-oss-20b`, "gpt-oss-20b"},
	{`glm-4\.5-air`, "glm-4.5-air"}, {`glm-4\.6`, "glm-4.6"}, {`phi-4`, "phi-4"}, {`gemma-2-9b`, "gemma-2-9b"},
	{`nemotron-super-49b`, "llama-3_3-nemotron-super-49b-v1"},
}

// findModel is the catalogue's model of the shapes of a repository, with its
// weights in a precision.
func findModel(repository, precision string) (catalogue.Model, error) {
	name := ""
	lower := strings.ToLower(repository)
	for _, a := range alike {
		if regexp.MustCompile(a.pattern).MatchString(lower) {
			name = a.name
			break
		}
	}
	if name == "" {
		return catalogue.FindModel(repository)
	}
	if own, err := catalogue.FindModel(name + "-" + precision); err == nil {
		return own, nil
	}
	m, err := catalogue.FindModel(name)
	if err == nil && m.Weights == catalogue.Sixteen && precision != "" {
		m.Weights, err = catalogue.FindFormat(precision)
	}
	return m, err
}

// products are the GPUs' names in tables of measurements that are not the
// catalogue's.
func findGPU(product string) (catalogue.GPU, error) {
	for _, name := range catalogue.GPUNames() {
		if g, _ := catalogue.FindGPU(name); strings.EqualFold(g.Product, product) {
			return g, nil
		}
	}
	return catalogue.FindGPU(product)
}

// Config is the server's configuration.
func (r *Row) Config() (llm.Config, error) {
	m, err := findModel(r.Model, r.Precision)
	if err != nil {
		return llm.Config{}, fmt.Errorf("model: %w", err)
	}
	g, err := findGPU(r.GPU)
	if err != nil {
		return llm.Config{}, fmt.Errorf("gpu: %w", err)
	}
	if err := g.Computes(m.Weights); err != nil {
		return llm.Config{}, err
	}
	c := llm.Config{Setup: timing.Setup{Model: m, GPU: g, TensorParallel: r.TensorParallel,
		ExpertParallel: r.ExpertParallel}}
	c.Generation = timing.Find(r.Engine, r.Version, &g, &m)
	if c.Generation == nil {
		return llm.Config{}, fmt.Errorf("engine: unknown: %q", r.Engine)
	}
	c.Generation.Adapt(&c.Model)
	c.MaxSequences, c.MaxBatchedTokens = r.MaxSequences, r.MaxBatchedTokens
	sequences, tokens := llm.BatchDefaults(c.Generation, &g)
	c.MaxSequences, c.MaxBatchedTokens = cmp.Or(c.MaxSequences, sequences), cmp.Or(c.MaxBatchedTokens, tokens)
	if r.Arrival == "static" {
		c.MaxSequences, c.MaxBatchedTokens = 256, 4096
	}
	c.MaxBatchedTokens = max(c.MaxBatchedTokens, c.MaxSequences)
	c.CacheTokens, c.PrefixCaching, c.MemoryUtilization = r.CacheTokens, r.PrefixCaching, r.MemoryUtilization
	_, err = c.Blocks()
	return c, err
}
