package timing

import "math"

// Cost is a Setup's time of iterations in whole picoseconds: of those of a batch
// that decodes, only the growth with the context differs, by a whole number a
// token.
type Cost struct {
	setup      *Setup
	generation *Generation
	shape      shape
	// Context and Windowed are of a token of context.
	Context, Windowed int64
	// slow is that of paged attention without partitions.
	slow int64
	// yield is what a round of decoding makes a context longer by, on average.
	yield float64
}

// NewCost is the cost of iterations of the engine.
func NewCost(s *Setup, g *Generation) Cost {
	const ps = 1e12
	full, windowed, slow := s.context(g)
	c := Cost{setup: s, generation: g, shape: s.shape(), Context: int64(math.Round(full * ps)),
		Windowed: int64(math.Round(windowed * ps)), slow: int64(math.Round(slow * ps)), yield: s.Speculation.Yield()}
	if c.Context+c.Windowed == 0 {
		c.Context = 1
	}
	return c
}

// Iteration is the time of one: fixed and what its context takes, but at least
// floor, which does not grow with the context.
func (c *Cost) Iteration(b Batch) (time, floor int64) {
	const ps = 1e12
	k := &c.generation.Coefficients
	gpu := c.layers(b)
	host := (k.Step + k.Sequence*float64(b.Sequences)/c.setup.data()) * 1e-6
	one, windowed := c.ofContext(b.Sequences)
	read := one*b.Context + c.round(one)*b.Rounds + windowed*b.Windowed
	floor = int64(math.Round((host + k.Launch*1e-6*c.shape.layers) * ps))
	if !c.generation.Overlaps {
		gpu += host
	}
	return int64(math.Round(gpu*ps)) + read, floor
}

// Growth is by how much an iteration takes longer than the one before, of a batch
// that decodes of which so many have a context shorter than the window.
func (c *Cost) Growth(sequences, within int64) int64 {
	one, windowed := c.ofContext(sequences)
	return c.round(one)*sequences + windowed*within
}

// ofContext is the time of a token of context in the layers that read it all and
// in those with a window, in picoseconds. Paged attention without partitions is
// taken to read it all.
func (c *Cost) ofContext(sequences int64) (full, windowed int64) {
	if c.generation.slowPaged(c.setup, sequences) {
		return max(c.Context+c.Windowed, c.slow), 0
	}
	return c.Context, c.Windowed
}

// round is the time of what a round of decoding adds to a context.
func (c *Cost) round(one int64) int64 { return int64(math.Round(float64(one) * c.yield)) }

// Seconds is the time of an iteration.
func (c *Cost) Seconds(b Batch) float64 {
	time, floor := c.Iteration(b)
	return float64(max(time, floor)) / 1e12
}
