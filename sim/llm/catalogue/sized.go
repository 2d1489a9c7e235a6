package catalogue

import (
	"math"
	"regexp"
	"strconv"
)

// size is the number of parameters in a model's name: opt-125m, Qwen2.5-1.5B.
var size = regexp.MustCompile(`(?i)(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)([bm])(?:[^a-z0-9]|$)`)

// Sized is the dense model of the catalogue whose number of parameters comes nearest
// to what a name says, in 10⁹; is is false for a name that says nothing, or nothing
// within a factor of two. Names of less than 10⁹ lead to the smallest, for of those
// the weights hardly count.
func Sized(name string) (m Model, billions float64, is bool) {
	found := size.FindStringSubmatch(name)
	if found == nil {
		return Model{}, 0, false
	}
	billions, err := strconv.ParseFloat(found[1], 64)
	if err != nil || billions == 0 {
		return Model{}, 0, false
	}
	if found[2] == "m" || found[2] == "M" {
		billions /= 1000
	}
	best := math.Log(2)
	if billions < 1 {
		best = math.Inf(1)
	}
	for _, other := range ModelNames() {
		candidate, err := FindModel(other)
		if err != nil || candidate.Experts > 0 || candidate.Weights != Sixteen || candidate.Approximate {
			continue
		}
		if off := math.Abs(math.Log(candidate.Total() / 1e9 / billions)); off < best {
			best, m, is = off, candidate, true
		}
	}
	return m, billions, is
}
