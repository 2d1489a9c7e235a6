package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The counts of parameters are those that the publishers give.
func TestParametersAreAsPublished(t *testing.T) {
	for name, want := range map[string][2]float64{
		"llama-2-7b": {6.738, 6.738}, "llama-3.1-8b": {8.03, 8.03}, "llama-3.1-405b": {405.9, 405.9},
		"qwen2.5-7b": {7.616, 7.616},
		"qwen3-0.6b": {0.596, 0.596}, "mixtral-8x7b": {46.7, 12.88}, "mixtral-8x22b": {140.6, 39.15},
		"qwen3-235b-a22b": {235.1, 22.19},
		"deepseek-v3":     {671, 37.55}, "deepseek-v2-lite": {15.71, 2.661}, "kimi-k2": {1026, 32.86},
		"gpt-oss-120b":          {116.8, 5.7},
		"llama-4-scout-17b-16e": {107.8, 17.2}, "llama-4-maverick-17b-128e": {400.7, 17.2}, "mistral-7b": {7.24, 7.24},
		"qwen2.5-72b": {72.7, 72.7},
		"qwen2.5-14b": {14.77, 14.77}, "qwen2.5-32b": {32.76, 32.76}, "glm-4.5-air": {106.9, 12.8}, "glm-4.6": {353, 33.6},
		"bloom-176b": {176.2, 176.2}, "phi-4": {14.66, 14.66}, "gemma-2-9b": {9.24, 9.24},
	} {
		m, err := FindModel(name)
		require.NoError(t, err)
		require.InEpsilon(t, want[0]*1e9, m.Total(), 0.025, name)
		require.InEpsilon(t, want[1]*1e9, m.Active(), 0.06, name)
	}
}

func TestEveryModelAndGPUIsWhole(t *testing.T) {
	for _, name := range ModelNames() {
		m, err := FindModel(name)
		require.NoError(t, err)
		require.Positive(t, m.Total(), name)
		require.Positive(t, m.KVBytes(), name)
		require.GreaterOrEqual(t, m.Total(), m.Active(), name)
		require.NotEmpty(t, m.Source, name)
		again, err := FindModel(m.Repository)
		require.NoError(t, err)
		require.NotEmpty(t, again.Name)
	}
	for _, name := range GPUNames() {
		g, err := FindGPU(name)
		require.NoError(t, err)
		require.Positive(t, g.Bandwidth, name)
		require.Positive(t, g.FLOPS, name)
		require.Positive(t, g.Memory, name)
	}
}

// A MIG slice has so many sevenths of the arithmetic and its part of the
// memory.
func TestSlicesOfGPUs(t *testing.T) {
	g, err := FindGPU("A100-80GB/3g.40gb")
	require.NoError(t, err)
	require.Equal(t, int64(40<<30), g.Memory)
	require.InDelta(t, 312e12*3/7, g.FLOPS, 1)
	require.InDelta(t, 2.039e12/2, g.Bandwidth, 1)
	for text, want := range map[string]string{
		"a100-80gb/half":     "must have a MIG profile like 3g.40gb after the slash",
		"l4/7g.40gb":         "must have a profile of at most 24 GB",
		"tpu/1g.10gb":        "must be one of a10,",
		"a100-80gb/1g.10gb/": "must have a MIG profile",
	} {
		_, err := FindGPU(text)
		require.ErrorContains(t, err, want)
	}
}
