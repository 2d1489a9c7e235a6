package report

import (
	"math"
	"slices"
)

// maximize finds the parameters of the largest value by the simplex method of
// Nelder and Mead (Computer Journal 7, 1965), which draws nothing at random
// and needs no derivatives. It is for one to three parameters; what is NaN or
// infinite counts as worse than all else. gonum/optimize would bring half of
// gonum and golang.org/x/tools with it.
func maximize(start []float64, f func([]float64) float64) (best []float64, value float64) {
	n := len(start)
	type vertex struct {
		x []float64
		f float64
	}
	at := func(x []float64) vertex {
		v := -f(x)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			v = 1e300
		}
		return vertex{x, v}
	}
	simplex := []vertex{at(slices.Clone(start))}
	for i := range n {
		x := slices.Clone(start)
		x[i] += 0.2
		simplex = append(simplex, at(x))
	}
	centre := make([]float64, n)
	// along is the point at centre + t × (worst − centre).
	along := func(t float64) vertex {
		x := make([]float64, n)
		for i := range x {
			x[i] = centre[i] + t*(simplex[n].x[i]-centre[i])
		}
		return at(x)
	}
	order := func() {
		slices.SortStableFunc(simplex, func(a, b vertex) int {
			switch {
			case a.f < b.f:
				return -1
			case a.f > b.f:
				return 1
			}
			return 0
		})
	}
	for range 400 {
		order()
		if simplex[n].f-simplex[0].f < 1e-9 && math.Abs(simplex[n].x[0]-simplex[0].x[0]) < 1e-7 {
			break
		}
		clear(centre)
		for _, v := range simplex[:n] {
			for i := range centre {
				centre[i] += v.x[i] / float64(n)
			}
		}
		next := along(-1)
		switch {
		case next.f < simplex[0].f:
			if far := along(-2); far.f < next.f {
				next = far
			}
		case next.f >= simplex[n-1].f:
			if inside := along(0.5); inside.f < next.f {
				next = inside
			}
		}
		if next.f < simplex[n].f {
			simplex[n] = next
			continue
		}
		for i := 1; i <= n; i++ {
			x := make([]float64, n)
			for j := range x {
				x[j] = (simplex[0].x[j] + simplex[i].x[j]) / 2
			}
			simplex[i] = at(x)
		}
	}
	order()
	return simplex[0].x, -simplex[0].f
}
