package stat

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Clip narrows the interval to the values that are possible.
func (s Summary) Clip(low, high float64) Summary {
	s.Interval = s.Interval.Clip(low, high)
	return s
}

// Level is the coverage of every interval of a report.
const Level = 0.95

// Interval bounds a quantity with confidence Level. A side that the data do
// not bound is missing.
type Interval struct {
	Low  Value `json:"low"`
	High Value `json:"high"`
}

// Unbounded is the interval that bounds nothing.
var Unbounded = Interval{Missing, Missing}

// Clip narrows an interval to the values that are possible.
func (i Interval) Clip(low, high float64) Interval {
	if i.Low.Known() {
		i.Low = Value(math.Max(float64(i.Low), low))
	}
	if i.High.Known() {
		i.High = Value(math.Min(float64(i.High), high))
	}
	return i
}

// StudentT is the interval mean ± t(n−1) s/√n for the mean of independent
// values. Fewer than two values, or an infinite one, bound nothing.
func StudentT(xs []float64) Interval {
	n := float64(len(xs))
	if n < 2 {
		return Unbounded
	}
	mean, sd := gonum.MeanStdDev(xs, nil)
	if math.IsNaN(sd) || math.IsInf(mean, 0) {
		return Unbounded
	}
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1 - (1-Level)/2)
	half := t * sd / math.Sqrt(n)
	return Interval{Value(mean - half), Value(mean + half)}
}

// ClopperPearson is the exact interval for the probability behind k successes
// in n independent trials (Clopper and Pearson, Biometrika 26, 1934). It
// reaches 0 at k = 0, where its upper bound is about 3.7/n, and 1 at k = n. No
// trials bound nothing.
func ClopperPearson(k, n int64) Interval {
	tail := (1 - Level) / 2
	switch {
	case n <= 0 || k < 0 || k > n:
		return Unbounded
	case k == 0: // the closed form: the quantile function loses digits here
		return Interval{0, Value(-math.Expm1(math.Log(tail) / float64(n)))}
	case k == n:
		return Interval{Value(math.Pow(tail, 1/float64(n))), 1}
	}
	low := distuv.Beta{Alpha: float64(k), Beta: float64(n-k) + 1}.Quantile(tail)
	high := distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(1 - tail)
	return Interval{Value(low), Value(high)}
}

// Garwood is the exact interval for the rate of a Poisson process that had k
// events in an exposure (Garwood, Biometrika 28, 1936), per unit of exposure.
// Without events it is [0, 3.7/exposure].
func Garwood(k int64, exposure float64) Interval {
	tail := (1 - Level) / 2
	switch {
	case !(exposure > 0) || k < 0:
		return Unbounded
	case k == 0:
		return Interval{0, Value(-math.Log(tail) / exposure)}
	}
	low := distuv.ChiSquared{K: 2 * float64(k)}.Quantile(tail)
	high := distuv.ChiSquared{K: 2*float64(k) + 2}.Quantile(1 - tail)
	return Interval{Value(low / 2 / exposure), Value(high / 2 / exposure)}
}

// PairedP is the two-sided p-value of Student's t-test that the mean of the
// differences is 0; missing below two differences.
func PairedP(differences []float64) Value {
	n := float64(len(differences))
	if n < 2 {
		return Missing
	}
	mean, sd := gonum.MeanStdDev(differences, nil)
	switch {
	case math.IsNaN(sd) || math.IsInf(mean, 0):
		return Missing
	case sd == 0 && mean == 0:
		return 1
	case sd == 0:
		return 0
	}
	t := math.Abs(mean) / (sd / math.Sqrt(n))
	return Value(2 * distuv.StudentsT{Sigma: 1, Nu: n - 1}.Survival(t))
}

// Summary describes the values of a number over the replications that have
// one: mean with its interval, least and greatest.
type Summary struct {
	Mean Value `json:"mean"`
	Interval
	Min Value `json:"min"`
	Max Value `json:"max"`
}

// Summarize describes the values that are known.
func Summarize(values []Value) Summary {
	xs := Known(values)
	if len(xs) == 0 {
		return Summary{Missing, Unbounded, Missing, Missing}
	}
	s := Summary{Value(gonum.Mean(xs, nil)), StudentT(xs), Value(xs[0]), Value(xs[0])}
	for _, x := range xs {
		s.Min, s.Max = min(s.Min, Value(x)), max(s.Max, Value(x))
	}
	return s
}

// Share is a peak as a part of what is allocatable, missing where there is
// none.
func Share(peak, allocatable float64) Value {
	if allocatable == 0 {
		return Missing
	}
	return Value(peak / allocatable)
}
