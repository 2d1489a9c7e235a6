// Package distribution holds the probability distributions that scenarios describe
// durations and sizes with. A distribution draws from the stream it is given
// and keeps no state, so one value can serve many objects.
package distribution

import (
	"math"
	"math/rand/v2"
)

// Dist is a distribution of a non-negative quantity. Its unit (seconds, bytes,
// a count) is that of the field it stands in.
type Dist interface {
	// Sample draws one value.
	Sample(r *rand.Rand) float64
	// Mean is the expectation, used for offered load and for statements about
	// the input before it runs.
	Mean() float64
	// String is the notation that Parse reads.
	String() string
}

// Constant always gives its value and draws nothing.
type Constant float64

func (c Constant) Sample(*rand.Rand) float64 { return float64(c) }
func (c Constant) Mean() float64             { return float64(c) }

// Exponential has the given mean.
type Exponential float64

func (e Exponential) Sample(r *rand.Rand) float64 { return float64(e) * r.ExpFloat64() }
func (e Exponential) Mean() float64               { return float64(e) }

// Uniform lies between Min and Max.
type Uniform struct{ Min, Max float64 }

func (u Uniform) Sample(r *rand.Rand) float64 { return u.Min + (u.Max-u.Min)*r.Float64() }
func (u Uniform) Mean() float64               { return (u.Min + u.Max) / 2 }

// LogNormal is given by the mean and the standard deviation of the logarithm.
type LogNormal struct{ Mu, Sigma float64 }

func (l LogNormal) Sample(r *rand.Rand) float64 { return math.Exp(l.Mu + l.Sigma*r.NormFloat64()) }
func (l LogNormal) Mean() float64               { return math.Exp(l.Mu + l.Sigma*l.Sigma/2) }

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// LogNormalFromMedianP99 is the log-normal law with the two percentiles that
// latency reports usually give. p99 must be at least the median, both positive.
func LogNormalFromMedianP99(median, p99 float64) LogNormal {
	return LogNormal{Mu: math.Log(median), Sigma: math.Log(p99/median) / z99}
}

// Pareto has a power law for its tail: what is above Scale is above x with the
// probability (Scale/x)^Shape. It has a mean when Shape is above 1.
type Pareto struct{ Scale, Shape float64 }

func (p Pareto) Sample(r *rand.Rand) float64 {
	return p.Scale * math.Exp(r.ExpFloat64()/p.Shape)
}
func (p Pareto) Mean() float64 { return p.Scale * p.Shape / (p.Shape - 1) }

// paretoSpread is the 99th percentile of a Pareto law over its median, to the
// power of its shape: (1/100)/(1/2).
const paretoSpread = 50

// ParetoFromMedianP99 is the Pareto law with these percentiles. p99 must be
// above the median, and below 50 times the median: from there on the law has no
// mean, and a run's mean would only tell how long it was.
func ParetoFromMedianP99(median, p99 float64) Pareto {
	shape := math.Log(paretoSpread) / math.Log(p99/median)
	return Pareto{Scale: median / math.Pow(2, 1/shape), Shape: shape}
}
