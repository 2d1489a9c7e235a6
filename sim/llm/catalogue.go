package llm

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// GPU is a device as its vendor describes it.
type GPU struct {
	Name string
	// Gigabytes is the memory that it is sold with, Memory what nvidia-smi shows
	// of it in bytes; Bandwidth is in bytes per second.
	Gigabytes int64
	Memory    int64
	Bandwidth float64
	// FLOPS is dense 16-bit matrix arithmetic per second, without sparsity.
	FLOPS float64
	// Link is bytes per second to the other GPUs of the node, in one direction.
	Link float64
	// Hopper chooses the host's overhead: that measured with H100s, else with A100s.
	Hopper bool
	Source string
}

const gib = 1 << 30

var gpus = map[string]GPU{
	"a100-80gb": {Gigabytes: 80, Memory: 81920 << 20, Bandwidth: 2.039e12, FLOPS: 312e12, Link: 300e9, Source: "NVIDIA A100 datasheet, SXM4 80 GB"},
	"h100-80gb": {Gigabytes: 80, Memory: 81559 << 20, Bandwidth: 3.35e12, FLOPS: 989.4e12, Link: 450e9, Hopper: true, Source: "NVIDIA H100 datasheet, SXM5"},
	"l40s":      {Gigabytes: 48, Memory: 46068 << 20, Bandwidth: 864e9, FLOPS: 362.05e12, Link: 32e9, Source: "NVIDIA L40S datasheet; PCIe Gen4 x16"},
	"l4":        {Gigabytes: 24, Memory: 23034 << 20, Bandwidth: 300e9, FLOPS: 121e12, Link: 32e9, Source: "NVIDIA L4 datasheet; PCIe Gen4 x16"},
	"a10g":      {Gigabytes: 24, Memory: 23028 << 20, Bandwidth: 600e9, FLOPS: 125e12, Link: 32e9, Source: "NVIDIA A10 datasheet (A10G: as AWS sells it, assumed alike); PCIe Gen4 x16"},
	"t4":        {Gigabytes: 16, Memory: 15360 << 20, Bandwidth: 320e9, FLOPS: 65e12, Link: 16e9, Source: "NVIDIA T4 datasheet; PCIe Gen3 x16"},
}

// Model is a decoder-only transformer as its config.json describes it.
type Model struct {
	Name string
	// Parameters counts all weights.
	Parameters float64
	// Layers, Hidden and KVWidth are the number of layers, the width of the
	// hidden state, and of keys (or values): KV heads × head size.
	Layers, Hidden, KVWidth int
	// BytesPerParameter and BytesPerKV are 2 for 16 bits; 0 means 2.
	BytesPerParameter, BytesPerKV float64
	Source                        string
}

var models = map[string]Model{
	"llama-2-70b":   {Parameters: 68.98e9, Layers: 80, Hidden: 8192, KVWidth: 8 * 128, Source: "meta-llama/Llama-2-70b-hf config.json"},
	"llama-3.1-70b": {Parameters: 70.55e9, Layers: 80, Hidden: 8192, KVWidth: 8 * 128, Source: "meta-llama/Llama-3.1-70B config.json"},
	"llama-3.1-8b":  {Parameters: 8.03e9, Layers: 32, Hidden: 4096, KVWidth: 8 * 128, Source: "meta-llama/Llama-3.1-8B config.json"},
	"qwen2.5-7b":    {Parameters: 7.62e9, Layers: 28, Hidden: 3584, KVWidth: 4 * 128, Source: "Qwen/Qwen2.5-7B config.json"},
	"mistral-7b":    {Parameters: 7.24e9, Layers: 32, Hidden: 4096, KVWidth: 8 * 128, Source: "mistralai/Mistral-7B-v0.3 config.json"},
	"bloom-176b":    {Parameters: 176.25e9, Layers: 70, Hidden: 14336, KVWidth: 112 * 128, Source: "bigscience/bloom config.json"},
}

var profile = regexp.MustCompile(`^([1-7])g\.(\d{1,3})gb$`)

// slice is a MIG slice of a GPU: so many sevenths of its arithmetic, and of its
// bandwidth the part that it has of the memory.
func (g GPU) slice(text string) (GPU, error) {
	m := profile.FindStringSubmatch(text)
	if m == nil {
		return GPU{}, fmt.Errorf("must have a MIG profile like 3g.40gb after the slash, got %.60q", text)
	}
	compute, _ := strconv.Atoi(m[1])
	memory, _ := strconv.ParseInt(m[2], 10, 64)
	if memory > g.Gigabytes || memory == 0 {
		return GPU{}, fmt.Errorf("must have a profile of at most %d GB, got %.60q", g.Gigabytes, text)
	}
	part := float64(memory) / float64(g.Gigabytes)
	g.FLOPS *= float64(compute) / 7
	g.Bandwidth *= part
	g.Memory = int64(float64(g.Memory) * part)
	g.Gigabytes = memory
	return g, nil
}

// FindGPU returns a GPU of the catalogue, or a MIG slice of one: a100-80gb, or
// a100-80gb/3g.40gb. The error says "must …".
func FindGPU(name string) (GPU, error) {
	if whole, part, is := strings.Cut(strings.ToLower(name), "/"); is {
		g, err := FindGPU(whole)
		if err != nil {
			return GPU{}, err
		}
		if g, err = g.slice(part); err != nil {
			return GPU{}, err
		}
		g.Name = whole + "/" + part
		return g, nil
	}
	g, known := gpus[strings.ToLower(name)]
	if !known {
		return GPU{}, fmt.Errorf("must be one of %s, got %.60q", strings.Join(slices.Sorted(maps.Keys(gpus)), ", "), name)
	}
	g.Name = strings.ToLower(name)
	return g, nil
}

// FindModel returns a model of the catalogue. The error says "must be one of …".
func FindModel(name string) (Model, error) {
	m, known := models[strings.ToLower(name)]
	if !known {
		return Model{}, fmt.Errorf("must be one of %s, got %.60q", strings.Join(slices.Sorted(maps.Keys(models)), ", "), name)
	}
	m.Name = strings.ToLower(name)
	return m, nil
}

func (m *Model) bytesPerParameter() float64 {
	if m.BytesPerParameter > 0 {
		return m.BytesPerParameter
	}
	return 2
}

// WeightBytes is what the weights take, over all GPUs.
func (m *Model) WeightBytes() float64 { return m.Parameters * m.bytesPerParameter() }

// KVBytes is what the keys and values of one token take, over all GPUs.
func (m *Model) KVBytes() float64 {
	per := m.BytesPerKV
	if per == 0 {
		per = 2
	}
	return 2 * float64(m.Layers) * float64(m.KVWidth) * per
}
