package timing

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// Coefficients are what measurements set of a generation of engines.
type Coefficients struct {
	// Weights and Cache are the parts of the memory's bandwidth that matrix
	// products and attention reach.
	Weights float64 `json:"weights"`
	Cache   float64 `json:"cache"`
	// Arithmetic is the part of the arithmetic that products with weights reach on a
	// GPU with 150 operations a byte of bandwidth (the A100), Grouped that of
	// products with experts.
	Arithmetic float64 `json:"arithmetic"`
	Grouped    float64 `json:"grouped"`
	// Layer is the microseconds of a layer that are neither: launches under CUDA
	// graphs, norms, and waiting of each kernel for the last. Experts is more of it
	// in layers with experts: routing, sorting, and two grouped products.
	Layer   float64 `json:"layer"`
	Experts float64 `json:"experts"`
	// Reduce is the microseconds of an all-reduce of few bytes, of which a layer
	// has two, by log2 of the GPUs.
	Reduce float64 `json:"reduce"`
	// Launch is the microseconds that the host needs to launch a layer's kernels: an
	// iteration takes no less, however little the GPUs have to do.
	Launch float64 `json:"launch"`
	// Step and Sequence are the host's work on an iteration and on each of its
	// sequences, in microseconds.
	Step     float64 `json:"step"`
	Sequence float64 `json:"sequence"`
	// Request is the milliseconds of a request outside the engine that do not keep
	// others waiting: queues between processes, and the network. Intake is those of the
	// API server's one thread, which takes one request after the other.
	Request float64 `json:"request"`
	Intake  float64 `json:"intake"`
	// Paged is the nanoseconds of a token of context, a layer and a head of queries
	// in paged attention without partitions.
	Paged float64 `json:"paged"`
}

// The parts of a link's speed that an all-reduce of many bytes reaches: between
// GPUs, and over the bus of the host, where it goes through its memory.
const (
	linkPart = 0.7
	busPart  = 0.3
	// switchPart is that of GPUs whose switches sum up (NVLink SHARP, from NVLink 4 on).
	switchPart = 1
	// busDelay is how many times longer a small one takes over the bus.
	busDelay = 2
)

// The arithmetic that is reached falls with the operations a byte of bandwidth to
// the power of falling, from that of reference on: a faster GPU waits more for
// its operands.
const (
	reference = 150
	falling   = 0.7
)

// passes is how often a layer reads or writes a token's hidden state besides the
// products: norms, activations, rotary embedding, the cache.
const passes = 25

// narrow is how the speed of products grows with that of narrower numbers by the
// datasheet: GPUs are held by their power, and scales of blocks are work, too.
const narrow = 0.8

// unpacked is what remains of the arithmetic's speed when weights of 8 and of 4
// bits are made 16-bit ones on the way.
const (
	unpacked8 = 0.75
	unpacked4 = 0.85
)

// groupedFalling is that of products with experts, which are small.
const groupedFalling = 0.35

// most is the part of the arithmetic's speed that any product reaches.
const most = 0.92

// attentionPart is what attention of prompts reaches of what products do.
const attentionPart = 0.8

// reach is the part of the arithmetic's speed that a GPU can be kept busy with.
func reach(g *catalogue.GPU, falling float64) float64 {
	return min(1, math.Pow(reference*g.Bandwidth/g.FLOPS, falling))
}

// sharpness is how abruptly a product goes from waiting for memory to waiting for
// arithmetic: 1 would add both, ∞ take the larger.
const sharpness = 3

func either(memory, arithmetic float64) float64 {
	if memory == 0 || arithmetic == 0 {
		return memory + arithmetic
	}
	large, small := max(memory, arithmetic), min(memory, arithmetic)
	r := small / large
	return large * math.Cbrt(1+r*r*r)
}

// product is the seconds that a GPU takes to multiply tokens with weights, of
// operations at a speed.
func (c *Coefficients) product(bytes, operations, bandwidth, speed float64) float64 {
	return either(bytes/(bandwidth*c.Weights), operations/speed)
}

// shape is what of a Setup the time of an iteration needs.
type shape struct {
	attention, dense, expert, output matrix
	perToken                         float64 // experts
	experts, moeLayers, layers       float64
	hiddenBytes                      float64
	tensor, pipeline, data           float64
}

// matrix is weights that are multiplied with tokens: their bytes, the operations
// of a token, and the GPU's operations a second, over all GPUs of a stage.
type matrix struct{ bytes, operations, rate, reach float64 }

// speed is the operations a second of products that reach a part of it on the
// reference.
func (m *matrix) speed(part float64) float64 { return m.rate * min(most, part*m.reach) }

// speed is that of 16-bit products.
func (s *Setup) speed(c *Coefficients) float64 {
	return s.GPU.FLOPS * min(most, c.Arithmetic*reach(&s.GPU, falling))
}

func (s *Setup) shape() shape {
	m := &s.Model
	p := m.Parts()
	attention, dense, expert := m.PerParameter()
	experts := matrix{p.Expert * expert, 2 * p.Expert, s.GPU.FLOPS, reach(&s.GPU, groupedFalling)}
	if expert < 2 && s.GPU.Arithmetic(m.Weights) == s.GPU.FLOPS {
		experts.rate *= unpacked(m.Weights)
	}
	of := func(parameters, bytes float64) matrix {
		rate := s.GPU.FLOPS
		if bytes < 2 {
			rate = s.rate()
		}
		return matrix{parameters * bytes, 2 * parameters, rate, reach(&s.GPU, falling)}
	}
	return shape{
		attention: of(p.Attention, attention), dense: of(p.Dense, dense), expert: experts, output: of(p.Output, 2),
		perToken: float64(m.ExpertsPerToken), experts: float64(m.Experts), moeLayers: float64(p.MoELayers),
		layers:      float64(m.Layers),
		hiddenBytes: float64(2 * m.Hidden), tensor: s.tensor(), pipeline: s.pipeline(), data: s.data(),
	}
}

// rate is the operations a second with quantised weights. (Products with experts
// have that of 16 bits at best: their blocks are scaled one by one.)
func (s *Setup) rate() float64 {
	rate := s.GPU.Arithmetic(s.Model.Weights)
	if rate > s.GPU.FLOPS {
		return s.GPU.FLOPS * math.Pow(rate/s.GPU.FLOPS, narrow)
	}
	return rate * unpacked(s.Model.Weights)
}

func unpacked(f catalogue.Format) float64 {
	if f.Bytes() < 1 {
		return unpacked4
	}
	return unpacked8
}

// layers is the seconds of the GPUs for a batch, without what grows with the
// context.
func (c *Cost) layers(b Batch) float64 {
	k, bandwidth, h := &c.generation.Coefficients, c.setup.GPU.Bandwidth, &c.shape
	split := h.data * h.pipeline
	tokens, sequences := float64(b.Tokens)/split, float64(b.Sequences)/split
	over := func(m matrix, tokens, ranks float64) float64 {
		return k.product(m.bytes/ranks, m.operations*tokens/ranks, bandwidth, m.speed(k.Arithmetic))
	}
	t := over(h.attention, tokens, h.tensor) + over(h.dense, tokens, h.tensor) + over(h.output, sequences, h.tensor)
	t += h.layers * (k.Layer*1e-6 + tokens*passes*h.hiddenBytes/bandwidth)
	if h.experts > 0 {
		all := tokens * h.data
		touched := h.experts * -math.Expm1(all*math.Log1p(-h.perToken/h.experts))
		ranks := h.tensor * h.data
		t += k.product(h.expert.bytes*touched/ranks, h.expert.operations*all*h.perToken/ranks, bandwidth,
			h.expert.speed(k.Grouped))
		t += h.moeLayers * k.Experts * 1e-6
	}
	t += c.setup.reduces(k, tokens) + c.setup.pairs(k, b)/split
	return t + c.setup.draft(k, sequences)
}

// reduces is the seconds of the two all-reduces of each layer, in a ring, and of
// handing the hidden state from stage to stage.
func (s *Setup) reduces(c *Coefficients, tokens float64) float64 {
	m, g, tensor := &s.Model, &s.GPU, s.tensor()
	bytes := 2 * float64(m.Hidden) * tokens
	delay, speed := c.Reduce*1e-6, g.Link*linkPart
	if g.Switched() {
		speed = g.Link * switchPart
	}
	if g.PCIe {
		delay, speed = delay*busDelay, g.Link*busPart
	}
	if g.NoPeers {
		speed /= 2
	}
	t := 0.0
	if tensor > 1 {
		t = 2 * float64(m.Layers) * (delay*math.Log2(tensor) + bytes*2*(tensor-1)/tensor/speed)
	}
	return t + (s.pipeline()-1)*(delay+bytes/speed)
}

// pairs is the seconds of attention of prompts: two products of the width of the
// query heads for each pair.
func (s *Setup) pairs(c *Coefficients, b Batch) float64 {
	m := &s.Model
	each := 2 * m.QueryWidth() / (s.tensor() * s.speed(c) * attentionPart)
	return each * (float64(m.FullLayers())*float64(b.Pairs) + float64(m.WindowLayers())*float64(b.WindowedPairs))
}

// draft is the seconds of a draft model that guesses one token after the other.
func (s *Setup) draft(c *Coefficients, sequences float64) float64 {
	d := s.Speculation
	if d.DraftParameters == 0 || d.Tokens == 0 {
		return 0
	}
	tensor := s.tensor()
	one := c.product(2*d.DraftParameters/tensor, 2*d.DraftParameters*sequences/tensor, s.GPU.Bandwidth, s.speed(c))
	return float64(d.Tokens) * one
}

// context is the seconds of a token of context in the layers that read it all,
// and in those with a window; slow is that of paged attention without partitions.
func (s *Setup) context(g *Generation) (full, windowed, slow float64) {
	m := &s.Model
	split := s.data() * s.pipeline()
	bytes := m.KVBytesOfLayer() / s.cacheSplit()
	if g.PerQueryHead && m.KVRank == 0 && m.KVHeads > 0 {
		bytes = 2 * float64(m.Heads*m.HeadDim) * m.KV.Bytes() / s.tensor()
		slow = g.Coefficients.Paged * 1e-9 * float64(m.Heads*m.Layers) / s.tensor() / split
	}
	one := bytes / (s.GPU.Bandwidth * g.Coefficients.Cache) / split
	return one * float64(m.FullLayers()), one * float64(m.WindowLayers()), slow
}
