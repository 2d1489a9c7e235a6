package fold

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// MemoryKey tells containers apart whose working sets are comparable: a
// rollout that changes the limit begins a new one.
type MemoryKey struct {
	Container string
	Limit     int64
}

// memory is the working set over time of containers: seconds by bucket, for
// each width of the buckets.
type memory struct {
	request int64
	seconds map[int64]map[int]float64
	Max     int64
	hottest result.HottestPod
}

func newMemory() *memory { return &memory{seconds: map[int64]map[int]float64{}} }

func (r *replication) containerMemory(rec record.ContainerMemory) error {
	if len(rec.Seconds) > 0 && rec.BucketBytes <= 0 {
		return fmt.Errorf("bucketBytes: must be positive, got %d", rec.BucketBytes)
	}
	for _, b := range rec.Seconds {
		if b.Index < 0 || !(b.Weight >= 0) || math.IsInf(b.Weight, 0) {
			return fmt.Errorf("seconds: must have indices and finite weights of at least 0, got [%d, %g]", b.Index, b.Weight)
		}
	}
	for _, p := range rec.Peaks {
		if p.Max < 0 || !(p.Seconds >= 0) || !(p.Age >= 0) || math.IsInf(p.Seconds+p.Age, 0) {
			return fmt.Errorf("peaks: must have finite values of at least 0, got [%d, %g, %g]", p.Max, p.Seconds, p.Age)
		}
	}
	w := r.workload(rec.Owner)
	key := MemoryKey{rec.Container, rec.Limit}
	m, ok := w.memory[key]
	if !ok {
		m = newMemory()
		w.memory[key] = m
	}
	m.add(rec, r.index)
	for _, p := range rec.Peaks {
		entry(w.peaks, rec.Container).add(p)
	}
	return nil
}

func (m *memory) add(rec record.ContainerMemory, replication int) {
	m.request = rec.Request
	of := m.ofWidth(rec.BucketBytes)
	var sum, seconds float64
	for _, b := range rec.Seconds {
		of[b.Index] += b.Weight
		sum += (float64(b.Index) + 0.5) * float64(rec.BucketBytes) * b.Weight
		seconds += b.Weight
	}
	m.Max = max(m.Max, rec.Max)
	if m.hottest.Pod == "" || rec.Max > m.hottest.Max {
		m.hottest = result.HottestPod{Pod: rec.Pod, Replication: replication, Mean: stat.Value(sum / seconds), Max: rec.Max}
	}
}

func (m *memory) ofWidth(width int64) map[int]float64 {
	of, ok := m.seconds[width]
	if !ok {
		of = map[int]float64{}
		m.seconds[width] = of
	}
	return of
}

func (m *memory) merge(o *memory) {
	m.request = o.request
	for _, width := range slices.Sorted(maps.Keys(o.seconds)) {
		of := m.ofWidth(width)
		for _, i := range slices.Sorted(maps.Keys(o.seconds[width])) {
			of[i] += o.seconds[width][i]
		}
	}
	m.Max = max(m.Max, o.Max)
	if m.hottest.Pod == "" || o.hottest.Max > m.hottest.Max {
		m.hottest = o.hottest
	}
}

// slice is a bucket of any width.
type slice struct{ low, width, seconds float64 }

// slices returns the buckets by their lower edge, then width, and the seconds
// in all.
func (m *memory) slices() (all []slice, seconds float64) {
	for _, width := range slices.Sorted(maps.Keys(m.seconds)) {
		for _, i := range slices.Sorted(maps.Keys(m.seconds[width])) {
			s := slice{float64(i) * float64(width), float64(width), m.seconds[width][i]}
			all = append(all, s)
			seconds += s.seconds
		}
	}
	sortSlices(all)
	return all, seconds
}

// Mean over time, taking a bucket as its middle.
func (m *memory) Mean() stat.Value {
	all, seconds := m.slices()
	var sum float64
	for _, s := range all {
		sum += (s.low + s.width/2) * s.seconds
	}
	return stat.Value(math.Min(sum/seconds, float64(m.Max)))
}

// quantile is the working set that is not exceeded for the fraction q of the
// time, interpolated within the bucket, at most the maximum.
func (m *memory) quantile(q float64) stat.Value {
	all, seconds := m.slices()
	if seconds == 0 {
		return stat.Missing
	}
	var before float64
	for _, s := range all {
		if before+s.seconds >= q*seconds && s.seconds > 0 {
			within := (q*seconds - before) / s.seconds
			return stat.Value(math.Min(s.low+within*s.width, float64(m.Max)))
		}
		before += s.seconds
	}
	return stat.Value(m.Max)
}
