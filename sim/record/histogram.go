package record

import (
	"math"
	"math/bits"
)

// subBits sets the resolution: 2^subBits buckets a power of two, so a bucket
// is at most 1/64 (1.6 %) wide and its midpoint at most 0.8 % off.
const subBits = 6

// Histogram counts durations in nanoseconds in log-linear buckets, as HDR
// histograms do. The zero value is empty. Its JSON form is a sparse list of
// [bucket, count] pairs.
type Histogram struct {
	from   int      // the bucket of the first of counts
	counts []uint64 // from the lowest bucket with a value to the highest
	total  uint64
	sum    float64 // nanoseconds
	max    int64
}

// Add counts one value; negative ones count as 0.
func (h *Histogram) Add(ns int64) {
	ns = max(ns, 0)
	b := bucketOf(uint64(ns))
	if b < h.from || b >= h.from+len(h.counts) {
		h.reach(b)
	}
	h.counts[b-h.from]++
	h.total++
	h.sum += float64(ns)
	h.max = max(h.max, ns)
}

// reach makes room for a bucket.
func (h *Histogram) reach(b int) {
	n := len(h.counts)
	switch {
	case n == 0:
		h.from, h.counts = b, append(h.counts, 0)
	case b >= h.from:
		h.counts = append(h.counts, make([]uint64, b+1-h.from-n)...)
	default:
		counts := make([]uint64, h.from-b+n)
		copy(counts[h.from-b:], h.counts)
		h.from, h.counts = b, counts
	}
}

// Merge adds the counts of another histogram.
func (h *Histogram) Merge(o *Histogram) {
	if last := len(o.counts) - 1; last >= 0 {
		for _, b := range []int{o.from, o.from + last} {
			if b < h.from || b >= h.from+len(h.counts) {
				h.reach(b)
			}
		}
	}
	for i, n := range o.counts {
		h.counts[o.from+i-h.from] += n
	}
	h.total += o.total
	h.sum += o.sum
	h.max = max(h.max, o.max)
}

// Reset empties the histogram and keeps its memory.
func (h *Histogram) Reset() {
	clear(h.counts)
	h.from, h.counts = 0, h.counts[:0]
	h.total, h.sum, h.max = 0, 0, 0
}

// Count is the number of values.
func (h *Histogram) Count() uint64 { return h.total }

// Mean is their exact mean in nanoseconds, NaN when there are none.
func (h *Histogram) Mean() float64 { return h.sum / float64(h.total) }

// Max is the largest value in nanoseconds.
func (h *Histogram) Max() int64 { return h.max }

// Quantile is the value in nanoseconds below which the fraction q of the
// values lies, within the bucket's 0.8 %; NaN when there are none. q is
// clamped to [0, 1].
func (h *Histogram) Quantile(q float64) float64 {
	if h.total == 0 {
		return math.NaN()
	}
	rank := uint64(math.Ceil(math.Min(math.Max(q, 0), 1) * float64(h.total)))
	rank = max(rank, 1)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return math.Min(midpoint(h.from+i), float64(h.max))
		}
	}
	return float64(h.max)
}

func bucketOf(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - subBits
	return shift<<subBits + int(v>>shift)
}

// lowest is the smallest value of a bucket.
func lowest(b int) uint64 {
	if b < 1<<(subBits+1) {
		return uint64(b)
	}
	shift := b>>subBits - 1
	return uint64(b-shift<<subBits) << shift
}

func midpoint(b int) float64 {
	low, high := lowest(b), lowest(b+1)-1
	return (float64(low) + float64(high)) / 2
}
