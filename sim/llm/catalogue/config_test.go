package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A config.json says as much as a row of the catalogue.
func TestConfigsAreRead(t *testing.T) {
	for name, text := range map[string]string{
		"llama-3.1-8b":  `{"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072}`,
		"mixtral-8x7b":  `{"model_type": "mixtral", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 32000, "num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": null}`,
		"gpt-oss-20b":   `{"model_type": "gpt_oss", "num_hidden_layers": 4, "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"], "hidden_size": 2880, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880, "vocab_size": 201088, "num_local_experts": 32, "experts_per_token": 4, "sliding_window": 128, "quantization_config": {"quant_method": "mxfp4"}}`,
		"gemma-3-wraps": `{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "vocab_size": 10}}`,
	} {
		m, err := ReadConfig(name, []byte(text))
		require.NoError(t, err, name)
		require.Positive(t, m.Total(), name)
		if want, err := FindModel(name); err == nil && m.Layers == want.Layers {
			require.InEpsilon(t, want.Total(), m.Total(), 1e-9, name)
			require.InEpsilon(t, want.KVBytes(), m.KVBytes(), 1e-9, name)
		}
		if name == "gpt-oss-20b" {
			require.Equal(t, [3]int{2, 2, 128}, [3]int{m.WindowLayers(), m.FullLayers(), m.Window})
			require.Equal(t, MXFP4, m.Weights)
		}
	}
}

func TestWhatIsNoTransformerIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                        "must be a config.json",
		`{"model_type": "resnet"}`: "must be the config.json of a transformer, which has num_hidden_layers, hidden_size, num_attention_heads, vocab_size",
		`{"num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 1, "vocab_size": 9, "num_experts": 4}`:                              "num_experts_per_tok",
		`{"num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 1, "vocab_size": 9, "quantization_config": {"quant_method": "x1"}}`: "quantization must be one of",
	} {
		_, err := ReadConfig("m", []byte(text))
		require.ErrorContains(t, err, want)
	}
}

// A GPU without kernels for a format says so; weights that it can't multiply as
// they are go at the speed of 16 bits.
func TestFormatsOfGPUs(t *testing.T) {
	gpu := func(name string) *GPU {
		g, err := FindGPU(name)
		require.NoError(t, err)
		return &g
	}
	require.NoError(t, gpu("h100-80gb").Computes(FP8))
	require.NoError(t, gpu("a100-80gb").Computes(FP8))
	require.EqualError(t, gpu("t4").Computes(FP8), "quantization must be one that t4 computes, got fp8")
	require.Error(t, gpu("mi300x").Computes(NVFP4))
	require.Greater(t, gpu("h100-80gb").Arithmetic(FP8), gpu("h100-80gb").FLOPS)
	require.Equal(t, gpu("a100-80gb").FLOPS, gpu("a100-80gb").Arithmetic(FP8))
	for _, name := range Formats() {
		f, err := FindFormat(name)
		require.NoError(t, err)
		require.Positive(t, f.Bytes())
	}
}
