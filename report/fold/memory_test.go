package fold

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Quantiles over time against sorted samples, for pods with buckets of
// different widths.
func TestMemoryQuantilesAgainstSamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for range 50 {
		m := newMemory()
		var samples []float64
		for _, width := range []int64{16, 40} {
			rec := record.ContainerMemory{Pod: "p", BucketBytes: width}
			counts := map[int]float64{}
			for range 500 {
				v := rng.Int64N(4000)
				samples = append(samples, float64(v))
				counts[int(v/width)]++
				rec.Max = max(rec.Max, v)
			}
			for _, i := range slices.Sorted(maps.Keys(counts)) {
				rec.Seconds = append(rec.Seconds, record.Bucket{Index: i, Weight: counts[i]})
			}
			m.add(rec, 0)
		}
		for _, q := range []float64{0, 0.01, 0.5, 0.99, 1} {
			below, at := 0.0, 0.0
			got := float64(m.quantile(q))
			for _, s := range samples {
				if s <= got-40 {
					below++
				}
				if s <= got+40 {
					at++
				}
			}
			n := float64(len(samples))
			require.LessOrEqual(t, below/n, q+1e-9)
			require.GreaterOrEqual(t, at/n, q-1e-9)
		}
		require.LessOrEqual(t, m.quantile(1), stat.Value(m.Max))
	}
	require.False(t, newMemory().quantile(0.5).Known())
	require.False(t, newMemory().Mean().Known())
}
