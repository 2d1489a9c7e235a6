package kubelet

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/gauge"
)

// memoryBuckets is how finely the time spent at each working set is kept: in
// steps of 1/512 of the limit, or of the node where there is none.
const memoryBuckets = 512

// workingSet is the memory of one container over all its process lives.
//
// Within a life it is a piecewise linear function of time: it jumps when a
// request begins or ends and climbs with the leak. Its crossing of the limit
// is therefore known in advance and needs no sampling.
type workingSet struct {
	spec    Memory
	limit   int64 // bytes; 0 is none
	bucket  float64
	running bool
	last    sim.Time
	bytes   float64 // at last
	load    float64 // the share of requests, in bytes
	most    float64 // heap, in this life
	child   child
	ramp    float64 // growth of a start, in bytes a second
	seconds []float64
	ran     float64
	max     float64
	peaks   gauge.Peaks
	touch   func(now sim.Time) // comes before it changes
}

func newWorkingSet(spec Memory, limit, node int64) *workingSet {
	span := limit
	if span == 0 {
		span = max(node, 1)
	}
	return &workingSet{spec: spec, limit: limit, bucket: math.Max(1, math.Ceil(float64(span)/memoryBuckets)),
		seconds: make([]float64, memoryBuckets+1), touch: func(sim.Time) {}}
}

// start begins a process life at its base, or where its start begins.
func (w *workingSet) start(now sim.Time) {
	w.running, w.last, w.load, w.most = true, now, 0, 0
	w.bytes, w.ramp = float64(w.spec.Base), 0
	if w.spec.AtStart > 0 {
		w.bytes = float64(w.spec.AtStart)
	}
	w.child = child{}
	w.max = math.Max(w.max, w.charged())
	w.peaks.Start(w.charged())
}

// stop ends it and gives the last value.
func (w *workingSet) stop(now sim.Time) float64 {
	w.advance(now)
	w.peaks.End()
	w.running = false
	at := w.bytes
	w.bytes = 0
	return at
}

// requests tells how many requests are in flight, how many were served in this
// life, and the bytes kept of sessions.
func (w *workingSet) requests(now sim.Time, inFlight int, served, sessionBytes int64) (change float64) {
	heap := float64(w.spec.PerRequest)*float64(inFlight) + float64(sessionBytes)
	w.most = max(w.most, heap)
	load := max(heap, w.spec.Retain*w.most) + float64(w.spec.LeakPerRequest)*float64(served) +
		min(float64(w.spec.CachePerRequest)*float64(served), float64(w.spec.CacheMax))
	change = load - w.load
	w.load = load
	w.hold(now, change)
	return change
}

// hold adds bytes, or takes them away. What does not last for any time, since
// it kills, makes no maximum.
func (w *workingSet) hold(now sim.Time, change float64) {
	w.advance(now)
	w.bytes += change
}

// kill is the end at the limit.
func (w *workingSet) kill() {
	w.max = math.Max(w.max, float64(w.limit))
	w.peaks.Kill(w.limit)
}

// charged is what the cgroup shows: an allocation that would go beyond the
// limit is never charged, it kills.
func (w *workingSet) charged() float64 {
	if w.limit > 0 {
		return math.Min(w.bytes, float64(w.limit))
	}
	return w.bytes
}

// left is how much more the limit allows.
func (w *workingSet) left() float64 {
	if w.limit == 0 {
		return math.Inf(1)
	}
	return float64(w.limit) - w.bytes
}

// crossing is the time at which the limit is reached if nothing else changes.
func (w *workingSet) crossing() sim.Time {
	if w.limit == 0 || !w.running {
		return sim.Never
	}
	gap := float64(w.limit) - w.bytes
	switch {
	case gap <= 0:
		return w.last
	case w.growth() <= 0:
		return sim.Never
	}
	ns := math.Ceil(gap / w.growth() * 1e9)
	if ns >= float64(sim.Never-w.last) {
		return sim.Never
	}
	return w.last + sim.Time(ns)
}

// growth is how fast the working set grows by itself, in bytes a second.
func (w *workingSet) growth() float64 { return w.spec.LeakPerSecond + w.child.leak + w.ramp }

// advance moves to now and books the time spent in each bucket on the way.
func (w *workingSet) advance(now sim.Time) {
	w.touch(now)
	dt := (now - w.last).Seconds()
	if !w.running || dt <= 0 {
		w.last = now
		return
	}
	w.last = now
	w.ran += dt
	from := w.bytes
	w.max = math.Max(w.max, w.charged())
	w.peaks.Raise(w.charged())
	w.bytes += w.growth() * dt
	w.child.bytes += w.child.leak * dt
	w.peaks.Advance(dt, w.bytes, w.growth())
	w.max = math.Max(w.max, w.charged())
	first, last := w.index(from), w.index(w.bytes)
	if first == last {
		w.seconds[first] += dt
		return
	}
	perByte := dt / (w.bytes - from)
	for i := first; i <= last; i++ {
		low := math.Max(from, float64(i)*w.bucket)
		high := w.bytes
		if i < last {
			high = float64(i+1) * w.bucket
		}
		w.seconds[i] += (high - low) * perByte
	}
}

func (w *workingSet) index(bytes float64) int {
	return min(max(int(bytes/w.bucket), 0), len(w.seconds)-1)
}

// MemoryUse is how a container used memory over all its process lives.
type MemoryUse struct {
	Request, Limit int64 // bytes; 0 is none
	Max            int64 // bytes
	BucketBytes    int64
	// Seconds[i] is the time with a working set in [i, i+1) × BucketBytes.
	Seconds []float64
	Running float64 // seconds
	Peaks   []gauge.Peak
}

// MemoryUse sums up to now.
func (c *Container) MemoryUse(now sim.Time) MemoryUse {
	m := c.memory
	m.advance(now)
	if m.running {
		m.max = math.Max(m.max, m.charged())
	}
	return MemoryUse{
		Request: c.plan.Spec.Resources.Requests.Memory().Value(), Limit: m.limit,
		Max: int64(m.max), BucketBytes: int64(m.bucket), Seconds: m.seconds, Running: m.ran, Peaks: m.peaks.All(),
	}
}
