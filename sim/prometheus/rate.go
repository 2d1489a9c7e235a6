package prometheus

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Rate is rate(series[window]) at an instant: what each counter grew by per
// second. It needs two samples in the window. A value that fell is a counter
// that began anew. The growth between the first and the last sample is
// extrapolated to the ends of the window when they are near, else by half a
// scrape interval (promql/functions.go, extrapolatedRate).
func (s *Series) Rate(now sim.Time, window time.Duration) (perSecond []float64, known bool) {
	in := s.samples
	for len(in) > 0 && in[0].At <= now.Add(-window) {
		in = in[1:]
	}
	if len(in) < 2 {
		return nil, false
	}
	first, last := in[0], in[len(in)-1]
	toStart := (first.At - now.Add(-window)).Seconds()
	toEnd := (now - last.At).Seconds()
	sampled := (last.At - first.At).Seconds()
	between := sampled / float64(len(in)-1)
	near := 1.1 * between
	if toStart >= near {
		toStart = between / 2
	}
	if toEnd >= near {
		toEnd = between / 2
	}
	perSecond = make([]float64, len(first.Values))
	for i := range perSecond {
		growth := last.Values[i] - first.Values[i]
		for k := 1; k < len(in); k++ {
			if before := in[k-1].Values[i]; in[k].Values[i] < before {
				growth += before
			}
		}
		// A counter can't have been below zero.
		start := toStart
		if growth > 0 {
			start = min(start, sampled*first.Values[i]/growth)
		}
		perSecond[i] = growth * (sampled + start + toEnd) / sampled / window.Seconds()
	}
	return perSecond, true
}
