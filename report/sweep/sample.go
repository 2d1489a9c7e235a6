package sweep

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/report/plan"
)

// Sample draws n settings as a Latin hypercube: of each dimension the n settings take
// values from end to end, each part of it as often as any other, whatever the others take
// (McKay, Beckman and Conover, Technometrics 21, 1979).
func Sample(dimensions []plan.Dimension, n int, seed uint64) [][]string {
	settings := make([][]string, n)
	for i := range settings {
		settings[i] = make([]string, len(dimensions))
	}
	for d, of := range dimensions {
		r := rand.New(rand.NewPCG(seed, uint64(d)))
		for i, part := range r.Perm(n) {
			settings[i][d] = of.Values[part*len(of.Values)/n]
		}
	}
	return settings
}
