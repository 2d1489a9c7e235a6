package storage

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
)

// largest bounds what is written to one place, so that sums stay exact.
const largest = 1 << 52

// line is bytes that grow along a line.
type line struct {
	bytes, perSecond float64 // bytes at the time at
	at               sim.Time
	most             float64 // 0 is no bound
}

// value is the bytes at a time not before the last change.
func (l *line) value(now sim.Time) float64 {
	bytes := l.bytes + float64(l.perSecond*(now-l.at).Seconds())
	if l.most > 0 {
		return math.Min(bytes, l.most)
	}
	return math.Min(bytes, largest)
}

// add changes bytes and growth from now on.
func (l *line) add(now sim.Time, bytes, perSecond float64) {
	l.bytes, l.at = l.value(now)+bytes, now
	l.perSecond += perSecond
}

// full is when it stops growing; Never when it does not, or has.
func (l *line) full(now sim.Time) sim.Time {
	if l.most == 0 || l.perSecond <= 0 || l.value(now) >= l.most {
		return sim.Never
	}
	return later(now, (l.most-l.value(now))/l.perSecond)
}

// slope is how fast it grows now.
func (l *line) slope(now sim.Time) float64 {
	if l.most > 0 && l.value(now) >= l.most {
		return 0
	}
	return l.perSecond
}

// later is a time some seconds on.
func later(now sim.Time, seconds float64) sim.Time {
	ns := math.Ceil(seconds * 1e9)
	if !(ns < float64(sim.Never-now)) {
		return sim.Never
	}
	return now + max(sim.Time(ns), 1)
}

// sum is what lines have together.
func sum(lines []*line, now sim.Time) (bytes float64) {
	for _, l := range lines {
		bytes += l.value(now)
	}
	return bytes
}

// reaches is when lines have a level together; Never when they don't.
func reaches(lines []*line, now sim.Time, level float64) sim.Time {
	for {
		bytes, slope, kink := sum(lines, now), 0.0, sim.Never
		for _, l := range lines {
			slope += l.slope(now)
			kink = min(kink, l.full(now))
		}
		if bytes >= level {
			return now
		}
		at := sim.Never
		if slope > 0 {
			at = later(now, (level-bytes)/slope)
		}
		if at <= kink {
			return at
		}
		now = kink
	}
}
