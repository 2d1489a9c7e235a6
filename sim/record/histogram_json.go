package record

import (
	"encoding/json"
	"fmt"
	"math"
)

// lastBucket holds math.MaxInt64.
var lastBucket = bucketOf(math.MaxInt64)

// histogramJSON is the JSON form: n values with their sum and maximum in
// nanoseconds, and the filled buckets as [bucket, count] in ascending order.
type histogramJSON struct {
	N       uint64      `json:"n"`
	Sum     float64     `json:"sum"`
	Max     int64       `json:"max"`
	Buckets [][2]uint64 `json:"b"`
}

// MarshalJSON implements json.Marshaler.
func (h Histogram) MarshalJSON() ([]byte, error) {
	wire := histogramJSON{N: h.total, Sum: h.sum, Max: h.max, Buckets: [][2]uint64{}}
	for i, n := range h.counts {
		if n > 0 {
			wire.Buckets = append(wire.Buckets, [2]uint64{uint64(h.from + i), n})
		}
	}
	return json.Marshal(wire)
}

// UnmarshalJSON implements json.Unmarshaler. It refuses what MarshalJSON
// cannot have written: buckets out of order or empty, a count that is not
// their sum, a maximum outside the last bucket.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var wire histogramJSON
	if err := decodeStrict(data, &wire); err != nil {
		return err
	}
	var read Histogram
	next := uint64(0)
	for _, pair := range wire.Buckets {
		b, n := pair[0], pair[1]
		switch {
		case b < next || b > uint64(lastBucket):
			return fmt.Errorf("b: must ascend and be at most %d, got bucket %d", lastBucket, b)
		case n == 0 || read.total+n < read.total:
			return fmt.Errorf("b: must have counts from 1 to 2^64-1 in all, got %d in bucket %d", n, b)
		}
		next = b + 1
		read.reach(int(b))
		read.counts[int(b)-read.from] = n
		read.total += n
	}
	read.sum, read.max = wire.Sum, wire.Max
	switch {
	case wire.N != read.total:
		return fmt.Errorf("n: must be the sum of the counts, %d, got %d", read.total, wire.N)
	case wire.Sum < 0 || wire.N == 0 && wire.Sum != 0:
		return fmt.Errorf("sum: must be at least 0, and 0 without values, got %g", wire.Sum)
	case wire.N == 0 && wire.Max != 0,
		wire.N > 0 && (wire.Max < 0 || bucketOf(uint64(wire.Max)) != read.from+len(read.counts)-1):
		return fmt.Errorf("max: must be in the last bucket, and 0 without values, got %d", wire.Max)
	}
	*h = read
	return nil
}

// Clone returns a copy that shares no memory with the histogram.
func (h *Histogram) Clone() Histogram {
	c := *h
	c.counts = append([]uint64(nil), h.counts...)
	return c
}
