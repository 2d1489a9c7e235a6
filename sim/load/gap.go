package load

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Law is the law of the gaps between arrivals.
type Law uint8

const (
	// Poisson arrivals are memoryless: what many independent users make.
	Poisson Law = iota
	// Paced arrivals come at even gaps: what a load generator makes.
	Paced
	// Gamma arrivals are a renewal process with Gamma gaps of a given CV:
	// burstier than Poisson above 1, more even below it.
	Gamma
	// Weibull arrivals are a renewal process with Weibull gaps of a given CV.
	Weibull
	// MMPP arrivals are a Markov-modulated Poisson process: Poisson at a rate
	// that jumps between States.
	MMPP
)

var lawNames = [...]string{"poisson", "paced", "gamma", "weibull", "mmpp"}

func (l Law) String() string { return lawNames[l] }

// The coefficients of variation (standard deviation ÷ mean) that renewal
// processes take. Below, gaps are even: Paced. Above, a run would have to last
// for 10,000 gaps to see one that matters.
const (
	MinCV = 0.01
	MaxCV = 100.0
)

// Gaps is a law of gaps with mean 1.
type Gaps interface {
	// Gap draws one.
	Gap(r *rand.Rand) float64
	// Residual draws from the equilibrium law of what is left of the gap in
	// which an observer comes: a uniform share of a gap drawn in proportion to
	// its length. A renewal process that begins with it is stationary, so the
	// expected number of arrivals up to x is x exactly, at every x (Cox,
	// Renewal Theory, 1962, section 5.3).
	Residual(r *rand.Rand) float64
}

// newGaps is the law of gaps of a renewal process with a CV.
func newGaps(law Law, cv float64) Gaps {
	if law == Weibull {
		return WeibullGaps(weibullShape(cv))
	}
	return GammaGaps(1 / (cv * cv))
}

// GammaGaps is the Gamma law of a shape above 0 with mean 1; its CV is
// 1/√shape.
func GammaGaps(shape float64) Gaps { return gammaGaps{shape} }

// gammaGaps has the given shape, k = 1/cv².
type gammaGaps struct{ shape float64 }

func (g gammaGaps) Gap(r *rand.Rand) float64 { return sampleGamma(g.shape, r) / g.shape }

// A gap in proportion to its length has shape k+1 and the same scale.
func (g gammaGaps) Residual(r *rand.Rand) float64 {
	return r.Float64() * sampleGamma(g.shape+1, r) / g.shape
}

// sampleGamma draws from Gamma(shape, 1).
func sampleGamma(shape float64, r *rand.Rand) float64 {
	return distuv.Gamma{Alpha: shape, Beta: 1, Src: r}.Rand()
}

// weibullGaps has the given shape and the scale that makes the mean 1.
type weibullGaps struct{ shape, scale float64 }

// WeibullGaps is the Weibull law of a shape above 0 with mean 1.
func WeibullGaps(shape float64) Gaps {
	log, _ := math.Lgamma(1 + 1/shape)
	return weibullGaps{shape, math.Exp(-log)}
}

func (w weibullGaps) Gap(r *rand.Rand) float64 {
	return w.scale * math.Pow(r.ExpFloat64(), 1/w.shape)
}

// With Y = (X/scale)^k exponential, a gap in proportion to its length has the
// density y^(1/k) e^-y: Y is Gamma(1+1/k).
func (w weibullGaps) Residual(r *rand.Rand) float64 {
	return r.Float64() * w.scale * math.Pow(sampleGamma(1+1/w.shape, r), 1/w.shape)
}

// weibullCV is √(Γ(1+2/k)/Γ(1+1/k)² − 1).
func weibullCV(shape float64) float64 {
	second, _ := math.Lgamma(1 + 2/shape)
	first, _ := math.Lgamma(1 + 1/shape)
	return math.Sqrt(math.Expm1(second - 2*first))
}

// weibullShape is the shape that has a CV, by halving: the CV falls with it.
func weibullShape(cv float64) float64 {
	low, high := 0.05, 1000.0 // CV 3.7e5 and 0.0013
	for range 100 {
		middle := math.Sqrt(low * high)
		if weibullCV(middle) > cv {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Sqrt(low * high)
}

// CheckCV returns "must …, got …" for a CV that no renewal process here has.
func CheckCV(cv float64) error {
	if !(cv >= MinCV && cv <= MaxCV) {
		return fmt.Errorf("must be from %v to %v, got %v", MinCV, MaxCV, cv)
	}
	return nil
}
