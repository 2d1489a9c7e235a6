package llm

import "fmt"

// Config is a model server.
type Config struct {
	Setup
	// MemoryUtilization is the part of each GPU's memory that the server takes,
	// --gpu-memory-utilization; 0 is 0.9.
	MemoryUtilization float64
	// ActivationBytes is what each GPU needs besides weights and cache; 0 is
	// 1.5 GiB, an assumption: activations of a full batch and CUDA's context.
	ActivationBytes int64
	// MaxSequences and MaxBatchedTokens bound an iteration, --max-num-seqs and
	// --max-num-batched-tokens; 0 is 256 and 2048.
	MaxSequences, MaxBatchedTokens int
	// MaxModelLen bounds prompt and answer together, --max-model-len; 0 is what
	// the cache holds.
	MaxModelLen int
	// PrefixTokens is for how many tokens an id of Sequence.Prefix stands, a
	// multiple of BlockSize; 0 is no prefix caching.
	PrefixTokens int
}

// BlockSize is how many tokens a block of the KV cache holds, vLLM's default.
const BlockSize = 16

// withDefaults fills in what was left out, and checks the rest.
func (c Config) withDefaults() (Config, error) {
	if c.TensorParallel == 0 {
		c.TensorParallel = 1
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
		return c, fmt.Errorf("maxNumBatchedTokens: must be from maxNumSeqs, %d, to %d, got %d", c.MaxSequences, 1<<20, c.MaxBatchedTokens)
	case c.MaxModelLen < 0:
		return c, fmt.Errorf("maxModelLen: must be at least 0, got %d", c.MaxModelLen)
	case c.PrefixTokens < 0 || c.PrefixTokens%BlockSize != 0:
		return c, fmt.Errorf("prefixTokens: must be a multiple of %d, got %d", BlockSize, c.PrefixTokens)
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

// Blocks is how many blocks the KV cache has. The error says what does not
// fit.
func (c Config) Blocks() (int64, error) {
	c, err := c.withDefaults()
	if err != nil {
		return 0, err
	}
	ranks := float64(c.TensorParallel)
	takes := float64(c.GPU.Memory) * c.MemoryUtilization
	weights := c.Model.WeightBytes() / ranks
	left := takes - weights - float64(c.ActivationBytes)
	blocks := int64(left / (c.Model.KVBytes() / ranks * BlockSize))
	if left <= 0 || blocks < 1 {
		return 0, fmt.Errorf("model: must fit: %s needs %.1f GiB of weights and %.1f GiB besides on each of %d × %s, got %.1f GiB (%v of %.1f GiB)",
			c.Model.Name, weights/gib, float64(c.ActivationBytes)/gib, c.TensorParallel, c.GPU.Name, takes/gib, c.MemoryUtilization, float64(c.GPU.Memory)/gib)
	}
	return blocks, nil
}
