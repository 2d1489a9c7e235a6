package manager

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
)

// Client is the API client of one controller: a token bucket (client-go
// util/flowcontrol, NewTokenBucketRateLimiter) that requests and events share.
type Client struct {
	*pace
	qps    float64
	burst  float64
	write  time.Duration
	tokens float64
	last   sim.Time
	events events
}

// NewClient returns a client of one controller.
func (s *Server) NewClient(o Options) *Client { return newClient(o.pace(s), o) }

func newClient(p *pace, o Options) *Client {
	qps, burst := cmp.Or(o.QPS, p.flags.QPS), float64(cmp.Or(o.Burst, p.flags.Burst))
	// client-go has the limit in 32 bits.
	return &Client{pace: p, qps: float64(float32(qps)), burst: burst, tokens: burst, write: o.Latency - p.watch}
}

// turn takes a token and returns when the request may be sent, now or later.
// Requests are sent in the order of the calls.
func (c *Client) turn() sim.Time {
	now := c.now()
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

// Read is a request that changes nothing; then runs when it is answered, with the
// cluster as it then is.
func (c *Client) Read(then func(now sim.Time)) { c.ReadIn(ReadTime, then) }

// ReadIn is Read of a request that is answered some time after it is sent.
func (c *Client) ReadIn(d time.Duration, then func(now sim.Time)) {
	at := c.turn().Add(d)
	c.then(at, at, then)
}

// Write sends a request at the client's turn. It is carried out a little later;
// then runs when it is answered.
func (c *Client) Write(do, then func(now sim.Time)) { c.WriteIn(c.write, do, then) }

// WriteIn is Write of a request that is carried out some time after it is sent.
func (c *Client) WriteIn(d time.Duration, do, then func(now sim.Time)) {
	c.WriteFor(d, max(d, CallTime), do, then)
}

// WriteFor is WriteIn that says how long after it is sent the request is answered.
func (c *Client) WriteFor(d, answered time.Duration, do, then func(now sim.Time)) {
	sent := c.turn()
	done := c.carryOut(sent.Add(d), do)
	c.then(sent.Add(answered), done, then)
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
		then(c.now())
	}
}

// Event posts an event about an object, unless there are too many about it when
// its turn comes. Events go one after the other: the recorder has one goroutine
// (tools/record/event.go, StartEventWatcher).
func (c *Client) Event(object types.UID) {
	c.events.waiting = append(c.events.waiting, object)
	if !c.events.posting {
		c.post(c.now())
	}
}

// post sends the next event.
func (c *Client) post(now sim.Time) {
	if c.events.posting = c.events.next(now); c.events.posting {
		c.then(c.turn().Add(max(c.write, CallTime)), c.loop.Now(), c.post)
	}
}
