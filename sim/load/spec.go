package load

import (
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/llm"
)

// Traffic is one stream of requests to a Service, as clients inside the
// cluster send it.
type Traffic struct {
	// Name tells the streams of a Service apart; it also keys the random
	// stream, so renaming it changes the draws.
	Name string
	// Namespace and Service name the Service that is called.
	Namespace, Service string
	// Queue is the key of the message queue that the stream goes to instead.
	Queue string
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
	// Objective is what the clients want of the Service.
	Objective Objective
	// Retry is what the client does when a request fails.
	Retry Retry
	// Balance says how an endpoint is chosen.
	Balance Balance
	// Clients tells whom requests come from, where that matters: to a Service
	// with session affinity, or a Balance by client.
	Clients Clients
	// Tokens is what requests ask of a model, where a trace does not say it.
	Tokens *TokenLaw
	// Sessions makes every arrival the start of a session of several requests.
	Sessions *Sessions
}

// Objective is a service level objective: Share of the requests are to be
// answered well and within Latency. Either may be 0, which is none.
type Objective struct {
	Latency time.Duration
	Share   float64
}

// TokenLaw draws the tokens of requests.
type TokenLaw struct {
	// Input and Output are tokens that a request adds to the prompt, and that
	// the answer has.
	Input, Output distribution.Dist
	// Shared is how many tokens all prompts begin with: a system prompt. A
	// session's prompts go on with its earlier requests and answers.
	Shared int32
}

// PrefixTokens is for how many tokens an id of Tokens.Prefix stands, as in the
// traces of Mooncake.
const PrefixTokens = 512

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
	// Program is what a request makes the container do.
	Program []Step
	// Concurrency is how many requests a container works on at once;
	// 0 means no limit. A request that waits for a call counts.
	Concurrency int
	// Queue is how many more may wait inside the container before it
	// refuses them; negative means no limit.
	Queue int
	// Sessions is what the container keeps of a session between its requests.
	Sessions SessionState
	// Model is what Generate steps run on; nil without.
	Model *llm.Config
}

// SessionState is what a container keeps of a session from its first request
// there until the client says goodbye, or nothing was heard of it for Timeout.
type SessionState struct {
	// Bytes is what one takes, and PerTurn by how much each request adds to it.
	Bytes, PerTurn int64
	// Timeout is after which silence it is dropped; 0 is never.
	Timeout time.Duration
}
