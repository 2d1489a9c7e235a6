package load

import (
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
)

// observed counts latencies by buckets, as the histogram of a metrics library
// does. Nothing is counted without bounds.
type observed struct {
	bounds []float64 // upper bounds in seconds, in order
	counts []int64   // one more than bounds, for what is above
}

func (o *observed) reset(bounds []float64) {
	o.bounds = bounds
	if len(bounds) > 0 {
		o.counts = make([]int64, len(bounds)+1)
	}
}

func (o *observed) add(took sim.Time) {
	if len(o.bounds) == 0 {
		return
	}
	i, _ := slices.BinarySearch(o.bounds, took.Seconds())
	o.counts[i]++
}

// cumulative are the counts at or below some of the bounds, and of all.
func (o *observed) cumulative(bounds []float64) []float64 {
	list := make([]float64, len(bounds)+1)
	below, k := int64(0), 0
	for i, n := range o.counts {
		below += n
		if k < len(bounds) && i < len(o.bounds) && o.bounds[i] == bounds[k] {
			list[k] = float64(below)
			k++
		}
	}
	list[len(bounds)] = float64(below)
	return list
}

// Observe lets servers and Services that are made from now on count latencies
// at these bounds in seconds.
func (n *Network) Observe(bounds []float64) {
	n.bounds = append(n.bounds, bounds...)
	slices.Sort(n.bounds)
	n.bounds = slices.Compact(n.bounds)
}

// What an instance shows of itself on a metrics page; counters begin anew with
// the process.

// Listening is whether it answers there.
func (i *Instance) Listening() bool { return i.open }

// Queued is the number of requests that wait for their service.
func (i *Instance) Queued() int { return i.queue.len() }

// Served is the number of requests that it has worked on to their end.
func (i *Instance) Served() int64 { return i.served }

// Sessions is the number of sessions whose state it keeps.
func (i *Instance) Sessions() int { return i.sessions.count }

// Latencies counts the requests of Served by the time they were here, at or
// below each of the bounds, and all; Network.Observe must know the bounds.
func (i *Instance) Latencies(bounds []float64) []float64 { return i.latency.cumulative(bounds) }

// Totals are the requests that have ended, and those under way, as whoever
// stands in front of the Service counts them.
func (s *Service) Totals() (ended, inFlight int64) { return s.ledger.ended, s.ledger.inFlight }

// Latencies is the same as that of an Instance, of requests that ended well.
func (s *Service) Latencies(bounds []float64) []float64 { return s.ledger.latency.cumulative(bounds) }
