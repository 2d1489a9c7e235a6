package record

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A histogram has each value in its bucket, in whatever order they come and are merged.
func TestHistogramsOfAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var all []int64
		var merged, other, again Histogram
		for range r.IntN(60) {
			value := r.Int64N(1 << r.IntN(50))
			all = append(all, value)
			if r.IntN(2) == 0 {
				merged.Add(value)
			} else {
				other.Add(value)
			}
		}
		merged.Merge(&other)
		slices.SortFunc(all, func(a, b int64) int { return int(r.IntN(3)) - 1 })
		again.Add(1 << 40)
		again.Reset() // keeps its memory
		for _, value := range all {
			again.Add(value)
		}
		buckets := map[int]uint64{}
		for _, value := range all {
			buckets[bucketOf(uint64(value))]++
		}
		for _, h := range []*Histogram{&merged, &again} {
			require.Equal(t, uint64(len(all)), h.Count())
			got := map[int]uint64{}
			for i, n := range h.counts {
				if n > 0 {
					got[h.from+i] = n
				}
			}
			require.Equal(t, buckets, got)
			if len(all) > 0 {
				slices.Sort(all)
				require.InEpsilon(t, float64(all[len(all)/2]+1), h.Quantile((float64(len(all)/2)+0.5)/float64(len(all)))+1, 0.01)
			}
		}
	}
}
