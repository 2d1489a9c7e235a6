package catalogue

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The config.json of a model is refused, or its sizes can be computed with.
func FuzzReadConfig(f *testing.F) {
	const small = `{"num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 1, "vocab_size": 9, "intermediate_size": 8}`
	for _, text := range []string{
		"", "{}", "null", "[]", small, `{"text_config": ` + small + `}`, `{"text_config": {"text_config": {}}}`,
		strings.Replace(small, "1,", "2147483647,", 1), strings.Replace(small, "8", "1e400", 1),
		small[:len(small)-1] + `, "num_experts": 2, "num_experts_per_tok": 4}`,
		small[:len(small)-1] + `, "quantization_config": {"quant_method": "fp8"}}`,
		small[:len(small)-1] +
			`, "quantization_config": {"config_groups": {"a": {"weights": {"num_bits": 4, "type": "float"}}}}}`,
		`{"model_type": "` + strings.Repeat("x", 100_000) + `"}`, strings.Repeat(`{"text_config":`, 5_000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ReadConfig("m", []byte(text))
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.Positive(t, m.Layers)
		require.Positive(t, m.Hidden)
		require.Positive(t, m.Heads)
		require.Positive(t, m.Vocab)
	})
}
