package catalogue

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// config is the keys of a config.json that say how much there is to compute and
// to keep. Families of models have several names for the same.
type config struct {
	Text *config `json:"text_config"`
	Kind string  `json:"model_type"`

	Layers       int  `json:"num_hidden_layers"`
	LayersGPT    int  `json:"n_layer"`
	Hidden       int  `json:"hidden_size"`
	HiddenGPT    int  `json:"n_embd"`
	Heads        int  `json:"num_attention_heads"`
	HeadsGPT     int  `json:"n_head"`
	KVHeads      int  `json:"num_key_value_heads"`
	HeadDim      int  `json:"head_dim"`
	Intermediate int  `json:"intermediate_size"`
	Vocab        int  `json:"vocab_size"`
	Tied         bool `json:"tie_word_embeddings"`

	LocalExperts  int `json:"num_local_experts"`
	RoutedExperts int `json:"n_routed_experts"`
	Experts       int `json:"num_experts"`
	PerToken      int `json:"num_experts_per_tok"`
	PerTokenOss   int `json:"experts_per_token"`
	TopK          int `json:"top_k_experts"`
	MoE           int `json:"moe_intermediate_size"`
	Shared        int `json:"n_shared_experts"`
	SharedWidth   int `json:"shared_expert_intermediate_size"`
	FirstDense    int `json:"first_k_dense_replace"`
	Step          int `json:"interleave_moe_layer_step"`
	DenseWidth    int `json:"intermediate_size_mlp"`

	KVRank int `json:"kv_lora_rank"`
	QRank  int `json:"q_lora_rank"`
	Nope   int `json:"qk_nope_head_dim"`
	Rope   int `json:"qk_rope_head_dim"`
	Value  int `json:"v_head_dim"`

	Window      int      `json:"sliding_window"`
	UseWindow   *bool    `json:"use_sliding_window"`
	LayerTypes  []string `json:"layer_types"`
	MaxPosition int      `json:"max_position_embeddings"`

	Architectures []string      `json:"architectures"`
	Quantization  *quantization `json:"quantization_config"`
}

// quantization is how the weights are kept.
type quantization struct {
	Method    string `json:"quant_method"`
	Algorithm string `json:"quant_algo"`
	Groups    map[string]struct {
		Weights struct {
			Bits int    `json:"num_bits"`
			Type string `json:"type"`
		} `json:"weights"`
	} `json:"config_groups"`
}

// format is that of the weights: of compressed-tensors and ModelOpt, by which
// several are kept, as their groups or the algorithm say.
func (q *quantization) format() (Format, error) {
	switch {
	case strings.Contains(strings.ToLower(q.Algorithm), "fp4"):
		return NVFP4, nil
	case len(q.Groups) > 0:
		bits, kind := 16, ""
		for _, g := range q.Groups {
			if b := g.Weights.Bits; b > 0 && b < bits {
				bits, kind = b, g.Weights.Type
			}
		}
		switch {
		case bits <= 4 && kind == "float":
			return NVFP4, nil
		case bits <= 4:
			return INT4, nil
		case bits <= 8 && kind == "int":
			return INT8, nil
		}
	}
	return FindFormat(q.Method)
}

// ReadConfig reads the config.json of a model. The error says "must …".
func ReadConfig(name string, text []byte) (Model, error) {
	var c config
	if err := json.Unmarshal(text, &c); err != nil {
		return Model{}, fmt.Errorf("must be a config.json: %w", Plain(err))
	}
	kept, architectures := c.Quantization, c.Architectures
	if c.Text != nil {
		c = *c.Text
	}
	kept = cmp.Or(kept, c.Quantization)
	if err := generates(architectures); err != nil {
		return Model{}, err
	}
	m := Model{
		Name: name, Repository: name, Kind: c.Kind, Source: "config.json", Weights: Sixteen, KV: Sixteen, MLPMatrices: 3,
		Layers: cmp.Or(c.Layers, c.LayersGPT), Hidden: cmp.Or(c.Hidden, c.HiddenGPT), Heads: cmp.Or(c.Heads, c.HeadsGPT),
		Intermediate: cmp.Or(c.DenseWidth, c.Intermediate), Vocab: c.Vocab, Tied: c.Tied,
		Experts: cmp.Or(c.RoutedExperts, c.Experts, c.LocalExperts), ExpertsPerToken: cmp.Or(c.PerToken, c.PerTokenOss,
			c.TopK),
		ExpertIntermediate: c.MoE, SharedExperts: c.Shared, SharedIntermediate: c.SharedWidth, FirstDense: c.FirstDense,
		MoEEvery: c.Step,
		KVRank:   c.KVRank, QRank: c.QRank, NopeDim: c.Nope, RopeDim: c.Rope, ValueDim: c.Value, MaxPosition: c.MaxPosition,
	}
	if missing := m.missing(); len(missing) > 0 {
		return Model{}, fmt.Errorf("must be the config.json of a transformer, which has %s", strings.Join(missing, ", "))
	}
	if err := c.bounded(); err != nil {
		return Model{}, err
	}
	m.fill(&c)
	if kept != nil {
		f, err := kept.format()
		if err != nil {
			return Model{}, fmt.Errorf("quantization_config: %w", err)
		}
		m.Weights = f
	}
	return m, nil
}

// Plain is an error of encoding/json without the types of the program.
func Plain(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &kind):
		return err
	case kind.Field == "":
		return fmt.Errorf("got a JSON %.60s", kind.Value)
	}
	return fmt.Errorf("%.60s must be something else than a %.60s", kind.Field, kind.Value)
}

// generates holds that an architecture, where one is named, answers with text.
func generates(architectures []string) error {
	for _, a := range architectures {
		for _, part := range []string{"CausalLM", "ConditionalGeneration", "LMHead", "ImageTextToText", "Chat"} {
			if strings.Contains(a, part) {
				return nil
			}
		}
	}
	if len(architectures) == 0 {
		return nil
	}
	return fmt.Errorf("must be the config.json of a model that generates text, got %.60q", architectures[0])
}

// bounded holds that no number is beyond what any model has, so that sums of
// products of them are finite and exact.
func (c *config) bounded() error {
	for _, n := range []struct {
		key   string
		value int
		most  int
	}{
		{"num_hidden_layers", cmp.Or(c.Layers, c.LayersGPT), 10_000}, {"hidden_size", cmp.Or(c.Hidden, c.HiddenGPT), 1 << 20},
		{"num_attention_heads", cmp.Or(c.Heads, c.HeadsGPT), 1 << 16}, {"num_key_value_heads", c.KVHeads, 1 << 16},
		{"head_dim", c.HeadDim, 1 << 16},
		{"intermediate_size", c.Intermediate, 1 << 24}, {"intermediate_size_mlp", c.DenseWidth, 1 << 24},
		{"vocab_size", c.Vocab, 1 << 26},
		{"num_local_experts", c.LocalExperts, 1 << 16}, {"n_routed_experts", c.RoutedExperts, 1 << 16},
		{"num_experts", c.Experts, 1 << 16},
		{"num_experts_per_tok", c.PerToken, 1 << 16}, {"experts_per_token", c.PerTokenOss, 1 << 16},
		{"top_k_experts", c.TopK, 1 << 16},
		{"moe_intermediate_size", c.MoE, 1 << 24}, {"n_shared_experts", c.Shared, 1 << 16},
		{"shared_expert_intermediate_size", c.SharedWidth, 1 << 24},
		{"first_k_dense_replace", c.FirstDense, cmp.Or(c.Layers, c.LayersGPT)},
		{"interleave_moe_layer_step", c.Step, 10_000}, {"kv_lora_rank", c.KVRank, 1 << 20}, {"q_lora_rank", c.QRank, 1 << 20},
		{"qk_nope_head_dim", c.Nope, 1 << 16}, {"qk_rope_head_dim", c.Rope, 1 << 16}, {"v_head_dim", c.Value, 1 << 16},
		{"sliding_window", c.Window, 1 << 30}, {"max_position_embeddings", c.MaxPosition, 1 << 30},
	} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("%s must be from 0 to %d, got %d", n.key, n.most, n.value)
		}
	}
	if hidden, heads := cmp.Or(c.Hidden, c.HiddenGPT), cmp.Or(c.Heads, c.HeadsGPT); c.HeadDim == 0 && hidden < heads {
		return fmt.Errorf("hidden_size must be at least num_attention_heads, %d, got %d", heads, hidden)
	}
	if experts := cmp.Or(c.RoutedExperts, c.Experts, c.LocalExperts); cmp.Or(c.PerToken, c.PerTokenOss, c.TopK) > experts {
		return fmt.Errorf("num_experts_per_tok must be at most the experts, %d, got %d", experts,
			cmp.Or(c.PerToken, c.PerTokenOss, c.TopK))
	}
	return nil
}

// missing are the keys without which nothing can be computed.
func (m *Model) missing() (keys []string) {
	for _, k := range []struct {
		key   string
		value int
	}{
		{"num_hidden_layers", m.Layers}, {"hidden_size", m.Hidden}, {"num_attention_heads", m.Heads}, {"vocab_size", m.Vocab},
	} {
		if k.value <= 0 {
			keys = append(keys, k.key)
		}
	}
	if m.Experts > 0 && m.ExpertsPerToken <= 0 {
		keys = append(keys, "num_experts_per_tok")
	}
	return keys
}

// fill gives what configurations leave out: a head of keys for each of queries,
// heads that share the hidden state, MLPs of four times its width.
func (m *Model) fill(c *config) {
	m.KVHeads = cmp.Or(c.KVHeads, m.Heads)
	m.HeadDim = cmp.Or(c.HeadDim, m.Hidden/m.Heads)
	if m.Intermediate == 0 {
		m.Intermediate = 4 * m.Hidden
	}
	if slices.Contains([]string{"bloom", "gpt2", "gpt_neox", "opt", "falcon", "gptj", "mpt"}, m.Kind) {
		m.MLPMatrices = 2
	}
	if m.Experts > 0 && m.ExpertIntermediate == 0 {
		m.ExpertIntermediate = c.Intermediate
	}
	if m.Kind == "llama4_text" {
		m.SharedExperts = 1
	}
	if c.Window > 0 && (c.UseWindow == nil || *c.UseWindow) {
		m.Window, m.WindowedLayers = c.Window, m.Layers
	}
	if len(c.LayerTypes) > 0 {
		m.kinds(c.LayerTypes)
	}
}

// kinds counts the layers with attention over all tokens, over a window, and with
// a state of fixed size.
func (m *Model) kinds(types []string) {
	attention := 0
	m.WindowedLayers = 0
	for _, kind := range types {
		switch kind {
		case "linear_attention", "mamba", "conv":
			m.Approximate = true
			continue
		case "sliding_attention":
			m.WindowedLayers++
		}
		attention++
	}
	if attention < m.Layers {
		m.AttentionLayers = attention
	}
}
