package load

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// External is something outside the cluster that containers call: a tool, a
// vendor's API, a database. It never queues.
type External struct {
	// Name is its key, as programs call it.
	Name string
	// Time is how long an answer takes, in seconds.
	Time distribution.Dist
	// FailureRate is the probability that the answer is an error.
	FailureRate float64
	// Rate is how many requests it admits per second, and Burst how many at
	// once (a token bucket); 0 is no limit.
	Rate  float64
	Burst int
	// Outages are when it refuses everything, in order.
	Outages []Span
}

// Span is a stretch of time, From included and To not.
type Span struct{ From, To sim.Time }

// external is an External at work.
type external struct {
	External
	service *Service
	bucket  float64
	filled  sim.Time
}

// External adds something outside the cluster, by its name.
func (n *Network) External(e External) {
	s := n.Service(e.Name)
	s.external = &external{External: e, service: s, bucket: float64(e.Burst)}
}

// offer answers a request, or refuses it at once.
func (e *external) offer(now sim.Time, r *request) {
	cause := record.Cause("")
	switch {
	case e.down(now):
		cause = record.Unavailable
	case !e.admit(now):
		cause = record.RateLimited
	}
	if cause != "" {
		r.fail(now, cause)
		e.service.release(r)
		return
	}
	r.phase = serving
	random := e.service.seeded(r.draw, 0)
	took := e.Time.Sample(random)
	r.broken = e.FailureRate > 0 && random.Float64() < e.FailureRate
	e.service.loop.At(later(now, took), sim.PhaseRequest, r)
}

// answer is the end of a request.
func (e *external) answer(now sim.Time, r *request) {
	if r.broken {
		r.fail(now, record.Errored)
	} else {
		r.succeed(now)
	}
	e.service.release(r)
}

func (e *external) down(now sim.Time) bool {
	for _, o := range e.Outages {
		if now >= o.From && now < o.To {
			return true
		}
	}
	return false
}

// admit takes a token.
func (e *external) admit(now sim.Time) bool {
	if e.Rate <= 0 {
		return true
	}
	e.bucket = min(float64(max(e.Burst, 1)), e.bucket+now.Sub(e.filled).Seconds()*e.Rate)
	e.filled = now
	if e.bucket < 1-1e-9 { // what nine digits of a second lose
		return false
	}
	e.bucket--
	return true
}
