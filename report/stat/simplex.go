package stat

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// maximize finds the parameters of the largest value by the simplex method of
// Nelder and Mead, which draws nothing at random and needs no derivatives.
// What is NaN or infinite counts as worse than all else.
func maximize(start []float64, f func([]float64) float64) (best []float64, value float64) {
	problem := optimize.Problem{Func: func(x []float64) float64 {
		if v := -f(x); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
		return 1e300
	}}
	settings := &optimize.Settings{MajorIterations: 500, Converger: &optimize.FunctionConverge{
		Absolute: 1e-9, Iterations: 25}}
	result, err := optimize.Minimize(problem, start, settings, &optimize.NelderMead{SimplexSize: 0.2})
	if err != nil {
		return start, f(start) // the start itself can't be judged
	}
	return result.X, -result.F
}
