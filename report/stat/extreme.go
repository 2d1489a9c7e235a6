package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// PeakCell sums the blocks that reached about one peak: Blocks that ended by
// themselves, kills that the limit cut off there, and their hours.
type PeakCell struct {
	X             float64 // bytes, later in units of scale
	Blocks, Kills float64
	Hours         float64
}

// Extremes is a model of how often the working set exceeds a level: a Poisson
// process of rate Λ(x) = (1 + shape·y)^(−1/shape) an hour, y = (x − location)
// / scale, or exp(−y) where shape is 0. The maximum over t hours then has the
// distribution exp(−t·Λ), the GEV or Gumbel law (Coles, An Introduction to
// Statistical Modeling of Extreme Values, 2001, chapters 3 and 7).
type Extremes struct{ Location, Scale, Shape float64 }

// LogRate is the logarithm of how often x is exceeded in an hour.
func (e Extremes) LogRate(x float64) float64 {
	y := (x - e.Location) / e.Scale
	if e.Shape == 0 {
		return -y
	}
	if e.Shape*y <= -1 {
		if e.Shape < 0 { // above the end of the distribution
			return math.Inf(-1)
		}
		return math.Inf(1)
	}
	return -math.Log1p(e.Shape*y) / e.Shape
}

// Level is the working set that is exceeded at the rate.
func (e Extremes) Level(rate float64) float64 { return e.Location + e.Scale*reduced(rate, e.Shape) }

// reduced is y where the rate is Λ(y).
func reduced(rate, shape float64) float64 {
	if shape == 0 {
		return -math.Log(rate)
	}
	return math.Expm1(-shape*math.Log(rate)) / shape
}

// logLikelihood of independent blocks. A block of t hours with maximum x has
// the density t·λ(x)·exp(−t·Λ(x)), λ = −dΛ/dx = Λ^(1+shape)/scale. A kill is
// censored: after t hours without one the limit L was crossed, and how far
// the process would have gone is unknown: Λ(L)·exp(−t·Λ(L)).
func (e Extremes) logLikelihood(cells []PeakCell) float64 {
	if !(e.Scale > 0) {
		return math.Inf(-1)
	}
	sum := 0.0
	for _, c := range cells {
		log := e.LogRate(c.X)
		if math.IsInf(log, 0) {
			return math.Inf(-1)
		}
		sum += c.Blocks*((1+e.Shape)*log-math.Log(e.Scale)) + c.Kills*log - c.Hours*math.Exp(log)
	}
	return sum
}

// FitExtremes fits by maximum likelihood: the Gumbel law, or the GEV law where
// the likelihood ratio test at 95 % prefers it.
func FitExtremes(cells []PeakCell) (e Extremes, logLikelihood float64) {
	location, scale := momentsOf(cells)
	p, gumbel := maximize([]float64{location, math.Log(scale)}, func(p []float64) float64 {
		return Extremes{p[0], math.Exp(p[1]), 0}.logLikelihood(cells)
	})
	e = Extremes{p[0], math.Exp(p[1]), 0}
	q, gev := maximize([]float64{p[0], p[1], 0.05}, func(p []float64) float64 {
		return Extremes{p[0], math.Exp(p[1]), p[2]}.logLikelihood(cells)
	})
	if gev-gumbel > chiSquared1/2 && math.Abs(q[2]) < 1 {
		return Extremes{q[0], math.Exp(q[1]), q[2]}, gev
	}
	return e, gumbel
}

// chiSquared1 is the quantile at Level of the chi-square law of one degree.
var chiSquared1 = distuv.ChiSquared{K: 1}.Quantile(Level)

// momentsOf estimates a Gumbel law for a start: scale = s·√6/π.
func momentsOf(cells []PeakCell) (location, scale float64) {
	var n, sum, squares, hours float64
	for _, c := range cells {
		k := c.Blocks + c.Kills
		n, sum, squares, hours = n+k, sum+k*c.X, squares+k*c.X*c.X, hours+c.Hours
	}
	mean := sum / n
	scale = math.Sqrt(math.Max(squares/n-mean*mean, 1e-12)) * math.Sqrt(6) / math.Pi
	return mean - 0.5772156649015329*scale - scale*math.Log(math.Max(hours/n, 1e-9)), scale
}

// LevelInterval is the interval of a return level by profile likelihood: all
// levels z whose best likelihood is within half the chi-square quantile of
// the maximum (Coles, 2.6.6).
func LevelInterval(cells []PeakCell, e Extremes, top, rate float64) (low, high float64) {
	z := e.Level(rate)
	profile := func(z float64, from []float64) ([]float64, float64) {
		return maximize(from, func(p []float64) float64 {
			shape := 0.0
			if len(p) > 1 {
				shape = p[1]
			}
			scale := math.Exp(p[0])
			return Extremes{z - scale*reduced(rate, shape), scale, shape}.logLikelihood(cells)
		})
	}
	start := []float64{math.Log(e.Scale)}
	if e.Shape != 0 {
		start = append(start, e.Shape)
	}
	side := func(sign float64) float64 {
		inside, step, from := z, e.Scale/4, start
		outside := math.NaN()
		for range 40 {
			next := inside + sign*step
			best, l := profile(next, from)
			if top-l > chiSquared1/2 {
				outside = next
				break
			}
			inside, from, step = next, best, step*1.6
		}
		if math.IsNaN(outside) {
			return outside
		}
		for range 18 {
			middle := (inside + outside) / 2
			if _, l := profile(middle, from); top-l > chiSquared1/2 {
				outside = middle
			} else {
				inside = middle
			}
		}
		return inside
	}
	return side(-1), side(1)
}

// mostCells and topCells bound the cost of a fit: the tail, which decides,
// keeps its cells, the bulk is grouped by equal counts.
const mostCells, topCells = 256, 64

// Normalized gives the cells, which come in order, in units of their spread.
func Normalized(cells []PeakCell) (list []PeakCell, origin, unit float64) {
	origin = cells[0].X
	unit = math.Max(cells[len(cells)-1].X-origin, 1)
	total := 0.0
	for _, c := range cells {
		total += c.Blocks + c.Kills
	}
	for i, c := range cells {
		c.X = (c.X - origin) / unit
		if n := len(list); n > 0 && len(cells) > mostCells && i < len(cells)-topCells {
			if last := list[n-1]; last.Kills+c.Kills == 0 && last.Blocks+c.Blocks <= total/mostCells {
				list[n-1] = last.join(c)
				continue
			}
		}
		list = append(list, c)
	}
	return list, origin, unit
}

// join merges two cells at their mean.
func (c PeakCell) join(o PeakCell) PeakCell {
	n, m := c.Blocks+c.Kills, o.Blocks+o.Kills
	return PeakCell{(c.X*n + o.X*m) / (n + m), c.Blocks + o.Blocks, c.Kills + o.Kills, c.Hours + o.Hours}
}
