package load

import (
	"fmt"
	"time"
)

// Spike is a base rate with one burst in it: from At the rate climbs over
// Rise to Peak, stays for Hold, and falls back over Fall. All rates are
// requests per second.
type Spike struct {
	Base, Peak           float64
	At, Rise, Hold, Fall time.Duration
}

// Rate is the spike as a Rate.
func (s Spike) Rate() (*Piecewise, error) {
	return NewPiecewise([]Segment{
		{s.At, s.Base, s.Base}, {s.Rise, s.Base, s.Peak}, {s.Hold, s.Peak, s.Peak}, {s.Fall, s.Peak, s.Base},
		{0, s.Base, s.Base},
	}, false)
}

// Stage is a stage as k6's ramping executors have them: the rate goes along a
// line to Target, in requests per second, over Duration.
type Stage struct {
	Duration time.Duration
	Target   float64
}

// Stages plays stages one after the other, beginning at a rate of start. The
// last target holds on (k6 ends its test there); a stage of length 0 jumps.
func Stages(start float64, stages []Stage) (*Piecewise, error) {
	segments := []Segment{{0, start, start}}
	for _, s := range stages {
		segments = append(segments, Segment{s.Duration, start, s.Target})
		start = s.Target
	}
	return NewPiecewise(segments, false)
}

// Weekly is a profile of seven days that repeats, from Monday 00:00: at a full
// hour the rate is proportional to Days[day] × Hours[hour], and it goes along
// a line from one full hour to the next. The mean over a week is Mean.
type Weekly struct {
	Mean  float64     // requests per second
	Days  [7]float64  // weights, Monday first
	Hours [24]float64 // weights
}

// Rate is the profile as a Rate.
func (w Weekly) Rate() (*Piecewise, error) {
	sum := 0.0
	for _, d := range w.Days {
		for _, h := range w.Hours {
			if !(d >= 0 && h >= 0) {
				return nil, fmt.Errorf("weights: must be at least 0, got %v and %v", d, h)
			}
			sum += d * h
		}
	}
	if !(sum > 0) {
		return nil, fmt.Errorf("weights: must not all be 0")
	}
	const week = 7 * 24
	// Along a cycle the lines between the hours have the mean of the hours.
	at := func(hour int) float64 {
		return w.Mean * week * (w.Days[hour/24%7] * w.Hours[hour%24] / sum)
	}
	segments := make([]Segment, week)
	for i := range segments {
		segments[i] = Segment{time.Hour, at(i), at((i + 1) % week)}
	}
	return NewPiecewise(segments, true)
}
