package load

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/kube-rehearse/rehearse/sim"
)

// The counts of an on-off process and of a two-state MMPP have the variance of
// theory (Fischer and Meier-Hellstern 1993): with leaving rates r1, r2 and
// r = r1 + r2, Var N(t) = mt + 2 r1 r2 (λ1−λ2)²/r³ · (t − (1−e^{−rt})/r).
func TestScatterOfMMPPIsThatOfTheory(t *testing.T) {
	const replications, rate = 6000, 5.0
	for _, states := range [][]State{OnOff(2*time.Second, 6*time.Second), {{1, 4 * time.Second}, {7, time.Second}}} {
		horizon := sim.Time(16 * time.Second)
		traffic := Traffic{Rate: Constant{rate}, Law: MMPP, States: states}
		d1, d2 := states[0].Dwell.Seconds(), states[1].Dwell.Seconds()
		scale := rate * (d1 + d2) / (states[0].Weight*d1 + states[1].Weight*d2)
		jump := scale * (states[0].Weight - states[1].Weight)
		r1, r2, s := 1/d1, 1/d2, horizon.Seconds()
		r := r1 + r2
		want := rate*s + 2*r1*r2*jump*jump/(r*r*r)*(s-(1-math.Exp(-r*s))/r)
		counts := make([]float64, replications)
		for i := range counts {
			counts[i] = float64(len(all(t, newArrivals(&traffic, horizon, rand.New(rand.NewPCG(uint64(i), 9))))))
		}
		_, variance := stat.MeanVariance(counts, nil)
		assert.InEpsilon(t, want, variance, 0.06)
		assert.Greater(t, want, 4*rate*s, "the scatter is far from Poisson's")
	}
}

// The gaps of an on-off process are hyperexponential of two phases: it is the
// interrupted Poisson process (Kuczura 1973). Chi-square over 30 equally
// likely bins.
func TestOnOffGapsAreHyperexponential(t *testing.T) {
	const on, off, rate, bins = 3.0, 5.0, 4.0, 30
	traffic := Traffic{Rate: Constant{rate}, Law: MMPP, States: OnOff(3*time.Second, 5*time.Second)}
	list := all(t, newArrivals(&traffic, sim.Time(10*time.Hour), rand.New(rand.NewPCG(3, 4))))
	lambda, gamma, omega := rate*(on+off)/on, 1/on, 1/off
	root := math.Sqrt((lambda+gamma+omega)*(lambda+gamma+omega) - 4*lambda*omega)
	fast, slow := (lambda+gamma+omega+root)/2, (lambda+gamma+omega-root)/2
	p := (lambda - slow) / (fast - slow)
	cdf := func(x float64) float64 { return 1 - p*math.Exp(-fast*x) - (1-p)*math.Exp(-slow*x) }
	observed, expected := make([]float64, bins), make([]float64, bins)
	for i := 1; i < len(list); i++ {
		observed[min(bins-1, int(bins*cdf((list[i]-list[i-1]).Seconds())))]++
	}
	for i := range expected {
		expected[i] = float64(len(list)-1) / bins
	}
	critical := distuv.ChiSquared{K: bins - 1}.Quantile(0.999)
	assert.Less(t, stat.ChiSquare(observed, expected), critical)
	require.Greater(t, len(list), 100_000)
}
