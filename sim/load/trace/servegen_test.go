package trace

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

const someWindows = "0,0,0,,0,0\n600,0.1,2.1,Gamma,0.22675736961451248,44.1\n1200,0.3,1.6,Weibull,0.6,2.2\n1800,0,0,,0,0\n2400,0.5,0.5,Gamma,4,0.5\n"

// Each window brings as many requests in the mean as its rate says, also
// looped, stretched, scaled and begun in the middle; idle ones bring none.
func TestServeGenWindowsHaveTheirMeans(t *testing.T) {
	const replications = 1500
	for _, o := range []Options{
		{Stretch: 1, RateScale: 1}, {Stretch: 0.5, RateScale: 1}, {Stretch: 1, RateScale: 2},
		{Stretch: 1, RateScale: 1, Loop: true}, {Stretch: 1, RateScale: 1, From: 900 * time.Second},
	} {
		o.Format = ServeGen
		tr := of(t, someWindows, o)
		assert.Equal(t, sim.Time(3000*time.Second), tr.Summary().Last, "the last window is as long as the one before")
		rates := []float64{0, 0.1, 0.3, 0, 0.5}
		const rounds = 2
		counts := make([][]float64, rounds*len(rates))
		for i := range counts {
			counts[i] = make([]float64, replications)
		}
		for r := range replications {
			opened, err := tr.Open(rand.New(rand.NewPCG(uint64(r), 8)))
			require.NoError(t, err)
			var a load.Arrival
			for {
				if err := opened.Next(&a); errors.Is(err, io.EOF) {
					break
				}
				place := int((a.At.Seconds()/o.Stretch + o.From.Seconds()) / 600)
				if place >= len(counts) {
					break
				}
				counts[place][r]++
			}
		}
		for i, count := range counts {
			seconds := min(600, max(0, float64(600*(i+1))-o.From.Seconds()))
			want := rates[i%len(rates)] * seconds * o.RateScale
			if i >= len(rates) && !o.Loop {
				want = 0
			}
			mean, deviation := stat.MeanStdDev(count, nil)
			assert.InDelta(t, want, mean, 3.5*deviation/math.Sqrt(replications)+1e-12, "window %d, %+v", i, o)
		}
	}
}

// The gaps inside a window follow the law of the row: the shape of arg1, the
// mean of the rate. Chi-square over 20 equally likely bins.
func TestServeGenGapsFollowTheirRow(t *testing.T) {
	for row, cdf := range map[string]func(float64) float64{
		"0,5,2.1,Gamma,0.22675736961451248,99\n": distuv.Gamma{Alpha: 0.22675736961451248,
			Beta: 0.22675736961451248 * 5}.CDF,
		"0,5,2.6,Weibull,0.4555411353532377,99\n": distuv.Weibull{K: 0.4555411353532377,
			Lambda: 0.2 / math.Gamma(1+1/0.4555411353532377)}.CDF,
	} {
		o := plain
		o.Format, o.Stretch = ServeGen, 20 // one window of 12,000 s at 0.25/s
		list := times(play(t, of(t, row, o), 1e6))
		require.Greater(t, len(list), 2000)
		const bins = 20
		observed, expected := make([]float64, bins), make([]float64, bins)
		for i := 1; i < len(list); i++ {
			gap := (list[i] - list[i-1]).Seconds() / o.Stretch
			observed[min(bins-1, int(bins*cdf(gap)))]++
		}
		for i := range expected {
			expected[i] = float64(len(list)-1) / bins
		}
		assert.Less(t, stat.ChiSquare(observed, expected), distuv.ChiSquared{K: bins - 1}.Quantile(0.999), row)
	}
}

// Looking for a request in a loop that hardly has any ends at the horizon.
func TestServeGenLoopEndsAtTheHorizon(t *testing.T) {
	o := plain
	o.Format, o.Loop, o.Horizon = ServeGen, true, sim.Time(24*time.Hour)
	assert.Empty(t, play(t, of(t, "0,1e-300,1,Gamma,1,1\n", o), 10))
}
