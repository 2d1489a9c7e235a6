package record

import "github.com/kube-rehearse/rehearse/sim"

// Cause is why a request failed, from the client's side.
type Cause string

// Every failed request has exactly one cause.
const (
	// NoEndpoint: the Service had no ready endpoint; kube-proxy rejects.
	NoEndpoint Cause = "no-endpoint"
	// Refused: the chosen pod did not listen: still loading, or stopped.
	Refused Cause = "connection-refused"
	// Killed: the container ended while the request was in it.
	Killed Cause = "killed-in-flight"
	// QueueFull: the container had as many waiting as it takes.
	QueueFull Cause = "queue-full"
	// Timeout: the client gave up.
	Timeout Cause = "timeout"
)

// Causes lists every cause in the order reports show them.
var Causes = []Cause{NoEndpoint, Refused, Killed, QueueFull, Timeout}

// Requests counts what happened to the requests of a Service that ended in
// (From, T]. The windows of a Service tile the run; empty ones are left out. A
// window is written with the first request after it, so records of a later time
// may stand in front of it.
type Requests struct {
	At
	Service string   `json:"service"`
	From    sim.Time `json:"from"`
	// Arrived counts the requests that began in the window.
	Arrived int64 `json:"arrived"`
	// OK counts those that ended well in it, Failed the others by cause.
	OK     int64           `json:"ok"`
	Failed map[Cause]int64 `json:"failed,omitempty"`
	// Latency is the histogram of the good ones' time in system.
	Latency Histogram `json:"latency"`
	// InFlight is the largest number at once.
	InFlight int64 `json:"inFlight"`
}

// Outage is a stretch in which requests of a Service failed and none ended
// well: from the first failure to the next success, or the end of the run.
// Only those with at least two failures are recorded.
type Outage struct {
	At                      // T is its end
	Service string          `json:"service"`
	From    sim.Time        `json:"from"`
	Failed  map[Cause]int64 `json:"failed"`
}

// Endpoints is a change of the number of a Service's ready endpoints as the
// proxies see it.
type Endpoints struct {
	At
	Service string `json:"service"`
	From    int    `json:"from"`
	To      int    `json:"to"`
}

// InFlightAtEnd counts the requests that neither ended nor failed by the end.
type InFlightAtEnd struct {
	At
	Service string `json:"service"`
	Count   int64  `json:"count"`
}

func (Requests) Kind() string      { return "requests" }
func (Outage) Kind() string        { return "outage" }
func (Endpoints) Kind() string     { return "endpoints" }
func (InFlightAtEnd) Kind() string { return "in-flight-at-end" }
