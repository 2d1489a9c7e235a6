package catalogue

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Model is a decoder-only transformer. Zero means "has none" unless it says
// otherwise.
type Model struct {
	Name string
	// Repository is its name on Hugging Face; Kind is the model_type of its
	// config.json.
	Repository, Kind string
	// Layers counts all; AttentionLayers those with attention over all tokens,
	// the others keep a state of fixed size. 0 is all.
	Layers, AttentionLayers int
	// Hidden is the width of the hidden state. Heads are of queries, KVHeads of
	// keys and values, each HeadDim wide.
	Hidden, Heads, KVHeads, HeadDim int
	// Intermediate is the width of the MLP of dense layers. MLPMatrices is 3 with
	// a gate, and 2 without.
	Intermediate, MLPMatrices int
	Vocab                     int
	// Tied embeddings are the output matrix, too.
	Tied bool
	// Experts of which ExpertsPerToken work on a token, ExpertIntermediate wide;
	// SharedExperts work on all, SharedIntermediate wide (0: as the others).
	Experts, ExpertsPerToken, ExpertIntermediate int
	SharedExperts, SharedIntermediate            int
	// The first FirstDense layers have no experts; of the others every MoEEvery-th
	// has them. 0 is 1.
	FirstDense, MoEEvery int
	// Multi-head latent attention keeps KVRank + RopeDim numbers a token instead of
	// keys and values.
	KVRank, QRank, NopeDim, RopeDim, ValueDim int
	// Window is how many tokens back WindowedLayers see.
	Window, WindowedLayers int
	// MaxPosition is the longest sequence of tokens; 0 is not known.
	MaxPosition int
	// Weights is the format of the weights, KV that of the cache.
	Weights Format
	KV      Format
	// TotalBillions and ActiveBillions stand in for counts from the shapes, in 10⁹
	// parameters; 0 counts them.
	TotalBillions, ActiveBillions float64
	// Approximate says that the model has parts that the shapes do not describe.
	Approximate bool
	Source      string
}

//go:embed models.csv
var modelsCSV string

var models = sync.OnceValue(func() map[string]Model {
	known := map[string]Model{}
	for _, row := range table(modelsCSV) {
		m := Model{
			Name: row.text("name"), Repository: row.text("hugging_face"), Kind: row.text("kind"), Source: row.text("source"),
			Layers: row.count("layers"), AttentionLayers: row.count("attention_layers"), Hidden: row.count("hidden"),
			Heads: row.count("heads"), KVHeads: row.count("kv_heads"), HeadDim: row.count("head_dim"),
			Intermediate: row.count("intermediate"), MLPMatrices: row.count("mlp_matrices"), Vocab: row.count("vocab"),
			Tied:    row.text("tied") == "true",
			Experts: row.count("experts"), ExpertsPerToken: row.count("experts_per_token"),
			ExpertIntermediate: row.count("expert_intermediate"),
			SharedExperts:      row.count("shared_experts"), SharedIntermediate: row.count("shared_intermediate"),
			FirstDense: row.count("first_dense_layers"), MoEEvery: row.count("moe_every"),
			KVRank: row.count("kv_rank"), QRank: row.count("q_rank"), NopeDim: row.count("nope_dim"),
			RopeDim: row.count("rope_dim"), ValueDim: row.count("value_dim"),
			Window: row.count("window"), WindowedLayers: row.count("windowed_layers"), MaxPosition: row.count("max_position"),
			TotalBillions: row.number("total_b"), ActiveBillions: row.number("active_b"),
			Approximate: row.text("approximate") == "true",
		}
		m.Weights = Format(cmp.Or(row.text("weights"), string(Sixteen)))
		m.KV = Sixteen
		known[m.Name] = m
	}
	return known
})

// FindModel returns a model of the catalogue by its name or its repository. The
// error says "must be one of …".
func FindModel(name string) (Model, error) {
	lower := strings.ToLower(name)
	if m, is := models()[lower]; is {
		return m, nil
	}
	for _, known := range ModelNames() {
		if m := models()[known]; strings.EqualFold(m.Repository, name) {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("must be a model of the catalogue like %s, or the path of a config.json, got %.60q",
		strings.Join(like(lower), ", "), name)
}

// like are names of models that may be meant: those that begin alike, or a few that
// many people serve.
func like(name string) (some []string) {
	name = name[strings.LastIndexByte(name, '/')+1:]
	for length := len(name); length >= 3 && len(some) == 0; length-- {
		for _, known := range ModelNames() {
			if strings.HasPrefix(known, name[:length]) {
				some = append(some, known)
			}
		}
	}
	if len(some) == 0 || len(some) > 8 {
		return []string{"deepseek-v3", "gpt-oss-120b", "llama-3.1-8b", "mixtral-8x7b", "qwen3-14b"}
	}
	return some
}

// ModelNames are the names of the catalogue's models, sorted.
func ModelNames() []string {
	names := make([]string, 0, len(models()))
	for name := range models() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// row is a line of an embedded table by column.
type row map[string]string

// table reads an embedded table; it panics when that is malformed.
func table(text string) (rows []row) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(err)
	}
	for _, line := range lines[1:] {
		r := row{}
		for i, column := range lines[0] {
			r[column] = line[i]
		}
		rows = append(rows, r)
	}
	return rows
}

func (r row) text(column string) string {
	text, is := r[column]
	if !is {
		panic("catalogue: no column " + column)
	}
	return text
}

func (r row) number(column string) float64 {
	text := r.text(column)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func (r row) count(column string) int { return int(r.number(column)) }
