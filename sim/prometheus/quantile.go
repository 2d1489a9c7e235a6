package prometheus

import (
	"math"
	"slices"
)

// DefaultBuckets are the upper bounds of client libraries' histograms, in
// seconds (client_golang, prometheus.DefBuckets). The bucket above the last is
// that of +Inf.
var DefaultBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Quantile is histogram_quantile(q, …) of cumulative counts, one a bound and one
// for +Inf: a straight line through the bucket that the rank falls in. Above the
// last bound it is that bound; without observations it is NaN
// (promql/quantile.go, BucketQuantile).
func Quantile(q float64, bounds, cumulative []float64) float64 {
	all := cumulative[len(cumulative)-1]
	if all <= 0 || len(bounds) == 0 {
		return math.NaN()
	}
	rank := q * all
	b, _ := slices.BinarySearchFunc(cumulative[:len(bounds)], rank, func(count, rank float64) int {
		if count >= rank {
			return 1
		}
		return -1
	})
	if b == len(bounds) {
		return bounds[b-1]
	}
	lower, below := 0.0, 0.0
	if b > 0 {
		lower, below = bounds[b-1], cumulative[b-1]
	}
	count := cumulative[b] - below
	if count <= 0 { // of q = 0 in an empty first bucket
		return lower
	}
	return lower + (bounds[b]-lower)*(rank-below)/count
}
