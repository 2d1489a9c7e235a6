package llm

import "math"

// batch is what one iteration works on.
type batch struct {
	sequences int64
	tokens    int64 // new ones: chunks of prompts, and one of each that decodes
	context   int64 // tokens that attention reads, over all sequences
	attention int64 // Σ new × (2 × before + new) over chunks of prompts: twice the pairs
}

// terms are the parts of an iteration's time that the hardware's numbers
// predict, each in seconds at full efficiency. The time is their sum, each
// times its coefficient: a roofline that adds instead of taking the larger,
// since layers are partly the one, partly the other.
type terms [termCount]float64

const (
	termMemory    = iota // weights and KV cache read once
	termCompute          // arithmetic
	termLarge            // arithmetic × tokens / 8192: large prompts are less efficient
	termLink             // all-reduces of tensor parallelism
	termLayers           // launching the layers' kernels, a millisecond each
	termRanks            // the same × log2 of the GPUs, for their synchronisation
	termSequences        // the host's work, a millisecond a sequence
	termCount
)

// Setup is a model on GPUs.
type Setup struct {
	Model Model
	GPU   GPU
	// TensorParallel is over how many GPUs each layer is split; 0 is 1.
	TensorParallel int
}

func (s *Setup) ranks() float64 { return float64(max(s.TensorParallel, 1)) }

// terms predicts the parts of an iteration.
func (s *Setup) terms(b batch) terms {
	m, g, ranks := &s.Model, &s.GPU, s.ranks()
	compute := s.perToken()*float64(b.tokens) + s.perPair()*float64(b.attention)
	var t terms
	t[termMemory] = (m.WeightBytes() + m.KVBytes()*float64(b.context)) / (ranks * g.Bandwidth)
	t[termCompute] = compute
	t[termLarge] = s.perToken() * float64(b.tokens) * float64(b.tokens) / 8192
	t[termLink] = s.linkPerToken() * float64(b.tokens)
	t[termLayers] = float64(m.Layers) * 1e-3
	t[termRanks] = t[termLayers] * math.Log2(ranks)
	t[termSequences] = float64(b.sequences) * 1e-3
	return t
}

// perToken is the seconds of arithmetic of a new token: two operations a
// parameter.
func (s *Setup) perToken() float64 { return 2 * s.Model.Parameters / (s.ranks() * s.GPU.FLOPS) }

// perPair is that of half a pair of a new token and one before it: two products
// of the width of the hidden state in each layer.
func (s *Setup) perPair() float64 {
	return 2 * float64(s.Model.Layers) * float64(s.Model.Hidden) / (s.ranks() * s.GPU.FLOPS)
}

// linkPerToken is the seconds on the link of a new token: two all-reduces a
// layer of 16-bit hidden states, in a ring.
func (s *Setup) linkPerToken() float64 {
	ranks := s.ranks()
	bytes := 2 * 2 * float64(s.Model.Layers) * float64(s.Model.Hidden)
	return bytes * 2 * (ranks - 1) / ranks / s.GPU.Link
}

// coefficients weigh the terms.
type coefficients [termCount]float64

// cost is a Setup's iteration time as a polynomial, in picoseconds.
type cost struct {
	fixed, sequence, context int64 // of an iteration, of a sequence, of a token of context
	token, large, pair       float64
}

func (s *Setup) cost(c coefficients) cost {
	const ps = 1e12
	empty := s.terms(batch{})
	one := s.terms(batch{sequences: 1, context: 1})
	of := func(t terms) (sum float64) {
		for i := range t {
			sum += t[i] * c[i]
		}
		return sum
	}
	return cost{
		fixed:    int64(math.Round(of(empty) * ps)),
		sequence: int64(math.Round(one[termSequences] * c[termSequences] * ps)),
		context:  max(1, int64(math.Round((one[termMemory]-empty[termMemory])*c[termMemory]*ps))),
		token:    (s.perToken()*c[termCompute] + s.linkPerToken()*c[termLink]) * ps,
		large:    s.perToken() / 8192 * c[termLarge] * ps,
		pair:     s.perPair() * c[termCompute] * ps,
	}
}

// iteration is the time of one, in picoseconds. Only its growth with the
// context differs between the iterations of a batch that decodes, and that is a
// whole number a token.
func (c *cost) iteration(b batch) int64 {
	tokens := float64(b.tokens)
	return c.fixed + c.sequence*b.sequences + int64(math.Round(c.token*tokens+c.large*tokens*tokens+c.pair*float64(b.attention))) + c.context*b.context
}
