package llm

import "math"

// yieldBits are the bits behind the point of Engine.yield.
const yieldBits = 20

// yieldOf is how many tokens a sequence gains in a round of decoding, in fixed
// point: the mean, which is what comes out over a whole answer. The tokens after
// so many rounds are that many times this, rounded down.
func yieldOf(tokens float64) int64 { return int64(math.Round(tokens * (1 << yieldBits))) }

// gain is how many tokens a sequence gains in its next rounds of decoding.
func (e *Engine) gain(s *Sequence, rounds int64) int64 {
	after := s.base + (s.rounds+rounds)*e.yield>>yieldBits
	return min(after, int64(s.Output)) - s.generated
}

// remaining is how many rounds of decoding a sequence needs to have all its
// tokens.
func (e *Engine) remaining(s *Sequence) int64 {
	left := (int64(s.Output) - s.base) << yieldBits
	return (left+e.yield-1)/e.yield - s.rounds
}
