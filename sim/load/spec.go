package load

import (
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Traffic is one stream of requests to a Service, as clients inside the
// cluster send it.
type Traffic struct {
	// Name tells the streams of a Service apart; it also keys the random
	// stream, so renaming it changes the draws.
	Name string
	// Namespace and Service name the Service that is called.
	Namespace, Service string
	// Port is the Service's port; 0 takes its first.
	Port int32
	// Rate is the arrival rate over time, in an open loop. Nil when Users or
	// Trace is given.
	Rate Rate
	// Law says how arrivals scatter around the rate.
	Law Law
	// CV is the coefficient of variation of the gaps, for Gamma and Weibull:
	// of the gaps as a clock measures them that runs with Rate.
	CV float64
	// States are those of an MMPP.
	States []State
	// Users are a closed loop instead of a Rate.
	Users *Users
	// Trace opens recorded arrivals, instead of a Rate: each replication its
	// own, from the random numbers it is given for what the trace leaves open.
	Trace func(*rand.Rand) (Trace, error)
	// Start is when the first request may come; the rate's own time counts
	// from there.
	Start sim.Time
	// Timeout is how long the client waits; 0 waits for ever.
	Timeout time.Duration
}

// Rate is a shape of load: requests per second at a time. Max bounds it from
// above over the whole run, which thinning needs.
type Rate interface {
	At(t sim.Time) float64
	Max() float64
	// Integral is the expected number of arrivals in [0, t].
	Integral(t sim.Time) float64
}

// Server is how the containers behind a Service work on requests.
type Server struct {
	// Time is the service time of a request in seconds, without queueing.
	Time distribution.Dist
	// Concurrency is how many requests a container works on at once;
	// 0 means no limit.
	Concurrency int
	// Queue is how many more may wait inside the container before it
	// refuses them; negative means no limit.
	Queue int
	// CPU is how many cores one request keeps busy while it is served.
	CPU float64
}
