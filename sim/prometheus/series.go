package prometheus

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Lookback is how long a sample stands for its series (--query.lookback-delta).
const Lookback = 5 * time.Minute

// Sample is one scrape of a series: a gauge or counter has one value, a
// histogram the cumulative counts of its buckets.
type Sample struct {
	At     sim.Time
	Values []float64
}

// Series is what a target has shown of one metric. Its zero value is empty.
type Series struct {
	// Window is how far back Rate is asked for; older samples are dropped.
	Window  time.Duration
	samples []Sample // in order of time
	stale   bool     // the last scrape found nothing
}

// Add is a scrape that found the series.
func (s *Series) Add(at sim.Time, values ...float64) {
	s.drop(at)
	s.samples = append(s.samples, Sample{at, values})
	s.stale = false
}

// Miss is a scrape that did not find it: of a target that is down or gone. The
// series ends there, for instant queries, until it is found again.
func (s *Series) Miss(at sim.Time) {
	s.drop(at)
	s.stale = true
}

// drop forgets what no query will see. The last sample stays for Last.
func (s *Series) drop(now sim.Time) {
	old := 0
	for old < len(s.samples)-1 && s.samples[old].At <= now.Add(-s.Window) {
		old++
	}
	if old > 0 {
		s.samples = append(s.samples[:0], s.samples[old:]...)
	}
}

// Last is the value of an instant query: the last sample, unless the series has
// ended or the sample is older than Lookback.
func (s *Series) Last(now sim.Time) (values []float64, known bool) {
	if len(s.samples) == 0 || s.stale {
		return nil, false
	}
	last := s.samples[len(s.samples)-1]
	if last.At <= now.Add(-Lookback) {
		return nil, false
	}
	return last.Values, true
}

// Seen reports whether there is a sample after a time.
func (s *Series) Seen(after sim.Time) bool {
	return len(s.samples) > 0 && s.samples[len(s.samples)-1].At > after
}
