// Package timing predicts how long one iteration of a model server takes, from
// the shapes of the model, the numbers of the GPU and a few coefficients of the
// engine's generation.
//
//   - setup.go: a model on GPUs.
//   - batch.go: what one iteration works on.
//   - roofline.go: the time of each part of the layers.
//   - cost.go: an iteration's time in whole picoseconds, linear in the context.
//   - generation.go: the generations of engines and their coefficients.
package timing

import "github.com/kube-rehearse/rehearse/sim/llm/catalogue"

// Setup is a model on GPUs.
type Setup struct {
	Model catalogue.Model
	GPU   catalogue.GPU
	// TensorParallel is over how many GPUs each layer is split; 0 is 1.
	TensorParallel int
	// PipelineParallel is over how many groups the layers are spread; 0 is 1.
	PipelineParallel int
	// DataParallel is how many copies of all but the experts there are, each with
	// its part of the sequences; 0 is 1.
	DataParallel int
	// ExpertParallel spreads whole experts over the GPUs instead of parts of each.
	ExpertParallel bool
	// Speculation guesses tokens ahead.
	Speculation Speculation
}

// Speculation is speculative decoding: a draft guesses Tokens, each of which the
// model accepts with the probability Acceptance when it accepted those before.
type Speculation struct {
	Tokens     int
	Acceptance float64
	// DraftParameters is the size of the draft model; 0 takes no time, as n-grams.
	DraftParameters float64
}

// Yield is how many tokens a sequence gains in an iteration on average.
func (s Speculation) Yield() float64 {
	yield, accepted := 1.0, 1.0
	for range s.Tokens {
		accepted *= s.Acceptance
		yield += accepted
	}
	return yield
}

func (s *Setup) tensor() float64   { return float64(max(s.TensorParallel, 1)) }
func (s *Setup) pipeline() float64 { return float64(max(s.PipelineParallel, 1)) }
func (s *Setup) data() float64     { return float64(max(s.DataParallel, 1)) }

// GPUs is how many there are in all.
func (s *Setup) GPUs() int {
	return max(s.TensorParallel, 1) * max(s.PipelineParallel, 1) * max(s.DataParallel, 1)
}

// WeightBytesOfGPU is what the weights take of each GPU.
func (s *Setup) WeightBytesOfGPU() float64 {
	p := s.Model.Parts()
	_, _, expert := s.Model.PerParameter()
	experts := p.Expert * float64(s.Model.Experts) * expert
	rest := s.Model.WeightBytes() - experts
	spread := s.tensor() * s.pipeline()
	return rest/spread + experts/spread/s.data() + 2*s.Speculation.DraftParameters/s.tensor()
}

// cacheSplit is over how many GPUs of a stage the cache of a token is spread:
// key heads are copied where there are fewer than GPUs, and the latent of MLA is
// on each.
func (s *Setup) cacheSplit() float64 {
	if s.Model.KVRank > 0 {
		return 1
	}
	return max(1, min(s.tensor(), float64(s.Model.KVHeads)))
}

// KVBytesOfGPU is what a token takes of the cache of each GPU that has it.
func (s *Setup) KVBytesOfGPU() float64 {
	return s.Model.KVBytes() / s.cacheSplit() / s.pipeline()
}
