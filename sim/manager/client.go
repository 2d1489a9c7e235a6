package manager

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
)

// Client is the API client of one controller: a token bucket (client-go
// util/flowcontrol, NewTokenBucketRateLimiter) that requests and events share.
type Client struct {
	loop   *sim.Loop
	qps    float64
	burst  float64
	tokens float64
	last   sim.Time
	events events
}

// NewClient returns a client that may send so many requests per second, and
// burst of them at once. There is no limit when qps is negative. client-go has it
// in 32 bits.
func NewClient(loop *sim.Loop, qps float64, burst int) *Client {
	return &Client{loop: loop, qps: float64(float32(qps)), burst: float64(burst), tokens: float64(burst)}
}

// Turn takes a token and returns when the request may be sent, now or later.
// Requests are sent in the order in which they ask.
func (c *Client) Turn() sim.Time {
	now := c.loop.Now()
	if c.qps < 0 {
		return now
	}
	if now > c.last {
		c.tokens = min(c.burst, c.tokens+(now-c.last).Seconds()*c.qps)
		c.last = now
	}
	c.tokens--
	if c.tokens >= 0 {
		return now
	}
	return now.Add(time.Duration(-c.tokens / c.qps * float64(time.Second)))
}

// Read is a request that changes nothing: then runs when it is answered, at the
// client's turn.
func (c *Client) Read(then func(now sim.Time)) {
	c.loop.At(c.Turn(), sim.PhaseControl, sim.Func(then))
}

// Write sends a request at the client's turn, when it is carried out; then runs
// when it is answered.
func (c *Client) Write(do, then func(now sim.Time)) {
	c.loop.At(c.Turn(), sim.PhaseControl, sim.Func(func(now sim.Time) {
		do(now)
		c.loop.At(now.Add(CallTime), sim.PhaseControl, sim.Func(then))
	}))
}

// WriteAll sends n requests side by side: each is carried out at its turn, and
// answered; then runs when all are.
func (c *Client) WriteAll(n int, do, answered func(i int, now sim.Time), then func(now sim.Time)) {
	left := n
	for i := range n {
		c.Write(func(now sim.Time) { do(i, now) }, func(now sim.Time) {
			answered(i, now)
			if left--; left == 0 {
				then(now)
			}
		})
	}
	if n == 0 {
		then(c.loop.Now())
	}
}

// Event posts an event about an object, unless there are too many about it when
// its turn comes. Events go one after the other: the recorder has one goroutine
// (tools/record/event.go, StartEventWatcher).
func (c *Client) Event(object types.UID) {
	c.events.waiting = append(c.events.waiting, object)
	if !c.events.posting {
		c.post(c.loop.Now())
	}
}

// post sends the next event.
func (c *Client) post(now sim.Time) {
	if c.events.posting = c.events.next(now); c.events.posting {
		c.loop.At(c.Turn().Add(CallTime), sim.PhaseControl, sim.Func(c.post))
	}
}
