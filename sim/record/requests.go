package record

import "github.com/kube-rehearse/rehearse/sim"

// QueueNamespace is that of message queues, which records name as Services.
const QueueNamespace = "queue"

// Cause is why a request failed, from the client's side.
type Cause string

// Every failed request has exactly one cause.
const (
	// NoEndpoint: the Service had no ready endpoint; kube-proxy rejects.
	NoEndpoint Cause = "no-endpoint"
	// NoHost: there was no Service of that name, so DNS knew no address for it.
	NoHost Cause = "no-such-host"
	// Refused: the chosen pod did not listen: still loading, or stopped.
	Refused Cause = "connection-refused"
	// Killed: the container ended while the request was in it.
	Killed Cause = "killed-in-flight"
	// QueueFull: the container had as many waiting as it takes.
	QueueFull Cause = "queue-full"
	// Timeout: the client gave up.
	Timeout Cause = "timeout"
	// DependencyFailed: a call that the request depended on failed.
	DependencyFailed Cause = "dependency-failed"
	// Unavailable: what is called outside the cluster had an outage.
	Unavailable Cause = "unavailable"
	// RateLimited: it admitted no more requests.
	RateLimited Cause = "rate-limited"
	// TooLong: a model can't hold so many tokens at once.
	TooLong Cause = "too-long"
	// Errored: it answered with an error.
	Errored Cause = "error"
	// Canceled: the container that called died meanwhile.
	Canceled Cause = "canceled"
)

// Causes lists every cause in the order reports show them.
var Causes = [...]Cause{
	NoEndpoint, NoHost, Refused, Killed, QueueFull, Timeout, DependencyFailed, TooLong, Unavailable, RateLimited,
	Errored, Canceled,
}

// CauseCount is their number.
const CauseCount = len(Causes)

// SessionCause is why a session's state was not where its next request went.
type SessionCause string

const (
	// SessionPodGone: the container that kept it ended.
	SessionPodGone SessionCause = "pod-gone"
	// SessionMoved: the request was sent to another endpoint.
	SessionMoved SessionCause = "moved"
	// SessionExpired: it had been silent for too long.
	SessionExpired SessionCause = "expired"
)

// SessionCauses lists every cause in the order reports show them.
var SessionCauses = [...]SessionCause{SessionPodGone, SessionMoved, SessionExpired}

// Sessions counts what happened to sessions in a window. A session can be lost
// several times: it goes on with a new state.
type Sessions struct {
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	// Turns counts the requests of sessions that ended, TurnsFailed those of
	// them that failed.
	Turns       int64                  `json:"turns,omitempty"`
	TurnsFailed int64                  `json:"turnsFailed,omitempty"`
	Lost        map[SessionCause]int64 `json:"lost,omitempty"`
}

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
	// Late counts those of OK that took longer than their clients' objective.
	Late int64 `json:"late,omitempty"`
	// Retries counts attempts after the first of a request.
	Retries int64 `json:"retries,omitempty"`
	// Sessions is nil when no session started, ended or was lost.
	Sessions *Sessions `json:"sessions,omitempty"`
	// Latency is the histogram of the good ones' time from the first attempt to
	// the end.
	Latency Histogram `json:"latency"`
	// FirstToken and PerToken are histograms of the good ones' time to the first
	// token of their answers, and between tokens; nil without a model.
	FirstToken *Histogram `json:"firstToken,omitempty"`
	PerToken   *Histogram `json:"perToken,omitempty"`
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
