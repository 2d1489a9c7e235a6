package llm

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// Config is a model server.
type Config struct {
	timing.Setup
	// Generation is the kind of engine; nil is vLLM's newest.
	Generation *timing.Generation
	// MemoryUtilization is the part of each GPU's memory that the server takes,
	// --gpu-memory-utilization; 0 is 0.9.
	MemoryUtilization float64
	// ActivationBytes is what each GPU needs besides weights and cache; 0 is
	// 1.5 GiB: activations of a full batch and CUDA's context, as vLLM's logs of
	// models of 7 to 70 billion parameters leave between 0.9 and 1.8 GB.
	ActivationBytes int64
	// CacheTokens is the size of the KV cache as the server logs it; 0 computes it.
	CacheTokens int64
	// MaxSequences and MaxBatchedTokens bound an iteration, --max-num-seqs and
	// --max-num-batched-tokens; 0 is 256 and 2048.
	MaxSequences, MaxBatchedTokens int
	// MaxModelLen bounds prompt and answer together, --max-model-len; 0 is what
	// the model takes, but at most what the cache holds.
	MaxModelLen int
	// PrefixCaching keeps the blocks of prompts for others that begin alike.
	PrefixCaching bool
}

// BlockSize is how many tokens a block of the KV cache holds, vLLM's default.
const BlockSize = 16

const gib = 1 << 30

// withDefaults fills in what was left out, and checks the rest.
func (c Config) withDefaults() (Config, error) {
	if c.TensorParallel == 0 {
		c.TensorParallel = 1
	}
	if c.Generation == nil {
		c.Generation = timing.Newest()
	}
	c.MemoryUtilization = c.Utilization()
	if c.ActivationBytes == 0 {
		c.ActivationBytes = 3 * gib / 2
	}
	if c.MaxSequences == 0 {
		c.MaxSequences = 256
	}
	if c.MaxBatchedTokens == 0 {
		c.MaxBatchedTokens = max(2048, c.MaxSequences)
	}
	switch {
	case c.TensorParallel < 1 || c.TensorParallel > 64:
		return c, fmt.Errorf("tensorParallel: must be from 1 to 64, got %d", c.TensorParallel)
	case !(c.MemoryUtilization > 0 && c.MemoryUtilization <= 1):
		return c, fmt.Errorf("gpuMemoryUtilization: must be above 0 and at most 1, got %v", c.MemoryUtilization)
	case c.MaxSequences < 1 || c.MaxSequences > 1<<16:
		return c, fmt.Errorf("maxNumSeqs: must be from 1 to %d, got %d", 1<<16, c.MaxSequences)
	case c.MaxBatchedTokens < c.MaxSequences || c.MaxBatchedTokens > 1<<20:
		return c, fmt.Errorf("maxNumBatchedTokens: must be from maxNumSeqs, %d, to %d, got %d", c.MaxSequences, 1<<20,
			c.MaxBatchedTokens)
	case c.MaxModelLen < 0:
		return c, fmt.Errorf("maxModelLen: must be at least 0, got %d", c.MaxModelLen)
	case c.CacheTokens < 0:
		return c, fmt.Errorf("kvCacheTokens: must be at least 0, got %d", c.CacheTokens)
	}
	return c, nil
}

// Utilization is the part of each GPU's memory that the server takes.
func (c Config) Utilization() float64 {
	if c.MemoryUtilization == 0 {
		return 0.9
	}
	return c.MemoryUtilization
}

// fits reports whether the weights leave room for a thousand tokens of cache.
func (c Config) fits() bool {
	left := float64(c.GPU.Memory)*c.MemoryUtilization - c.WeightBytesOfGPU() - float64(c.ActivationBytes)
	return left > c.KVBytesOfGPU()*1000
}

// wouldFit says on how many GPUs of the kind the model fits, or on which single
// kind of the catalogue with the least memory.
func (c Config) wouldFit() string {
	more, other := "", ""
	for n := c.TensorParallel * 2; n <= 16 && more == ""; n *= 2 {
		wider := c
		if wider.TensorParallel = n; wider.fits() {
			more = fmt.Sprintf("%d × %s would do", wider.GPUs(), c.GPU.Name)
		}
	}
	least := int64(0)
	for _, name := range catalogue.GPUNames() {
		g, _ := catalogue.FindGPU(name)
		if c.GPU = g; c.fits() && g.Computes(c.Model.Weights) == nil && (least == 0 || g.Memory < least) {
			least, other = g.Memory, fmt.Sprintf("%d × %s would do", c.GPUs(), name)
		}
	}
	switch {
	case more != "" && other != "":
		return "; " + strings.TrimSuffix(more, " would do") + " or " + other
	case more+other != "":
		return "; " + more + other
	}
	return ""
}

// Blocks is how many blocks the KV cache has. The error says what does not
// fit.
func (c Config) Blocks() (int64, error) {
	c, err := c.withDefaults()
	if err != nil {
		return 0, err
	}
	if c.CacheTokens > 0 {
		return max(1, c.CacheTokens/BlockSize), nil
	}
	takes := float64(c.GPU.Memory) * c.MemoryUtilization
	weights := c.WeightBytesOfGPU()
	left := takes - weights - float64(c.ActivationBytes)
	blocks := int64(left * float64(max(1, c.DataParallel)) / (c.KVBytesOfGPU() * BlockSize))
	if left <= 0 || blocks < 1 {
		return 0, fmt.Errorf(
			"model: must fit: %s needs %.1f GiB of weights and %.1f GiB besides on each of %d × %s, got %.1f GiB (%v of %.1f GiB)%s",
			c.Model.Name, weights/gib, float64(c.ActivationBytes)/gib, c.GPUs(), c.GPU.Name, takes/gib, c.MemoryUtilization,
			float64(c.GPU.Memory)/gib, c.wouldFit())
	}
	return blocks, nil
}
