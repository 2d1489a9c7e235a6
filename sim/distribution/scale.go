package distribution

import (
	"fmt"
	"math/rand/v2"
)

// scaled is a law all of whose values are multiplied.
type scaled struct {
	Dist
	factor float64
}

// Scale multiplies what is drawn from a law; the draws are the same.
func Scale(d Dist, factor float64) Dist {
	if s, is := d.(scaled); is {
		return scaled{s.Dist, s.factor * factor}
	}
	return scaled{d, factor}
}

func (s scaled) Sample(r *rand.Rand) float64 { return s.factor * s.Dist.Sample(r) }
func (s scaled) Mean() float64               { return s.factor * s.Dist.Mean() }
func (s scaled) String() string              { return fmt.Sprintf("%s × %v", text(s.factor), s.Dist) }
