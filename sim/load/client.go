package load

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Client is how requests are sent.
type Client struct {
	// Timeout is how long one attempt may take; 0 is for ever.
	Timeout time.Duration
	Retry   Retry
	Balance Balance
	// Late is from when on an answer comes too late to be worth much, counted
	// from the first attempt; 0 is never.
	Late time.Duration
}

// Retry is what a client does when an attempt fails: it tries again after
// Base (at least a millisecond, as users do), Base × Factor, Base × Factor² … up to Max, each times a random number
// between 1 − Jitter and 1.
type Retry struct {
	// Attempts is how often it tries again; 0 is never.
	Attempts int
	Base     time.Duration
	Max      time.Duration // 0 is no bound
	Factor   float64       // 0 is 2
	Jitter   float64       // from 0 to 1, which is "full jitter"
}

// wait is the back-off before retry n, counted from 1.
func (r *Retry) wait(n int, random float64) time.Duration {
	factor := r.Factor
	if factor == 0 {
		factor = 2
	}
	d := max(r.Base, minCycle).Seconds() * math.Pow(factor, float64(n-1))
	if r.Max > 0 {
		d = min(d, r.Max.Seconds())
	}
	return time.Duration(min(d*(1-r.Jitter*random), 1e9) * 1e9)
}

// client is a Client at work.
type client struct {
	Client
	service  *Service
	patience patience
	turn     int // of round robin
}

func newClient(s *Service, loop *sim.Loop, c Client) *client {
	made := &client{Client: c, service: s}
	made.patience.init(loop, c.Timeout)
	return made
}

// caller waits for the end of a call. It is told at an instant at which
// anything may be under way, so it must not act before an event of its own.
type caller interface {
	called(now sim.Time, failed record.Cause)
}

// call is one request of a client, with all attempts that it takes. Calls are
// pooled.
type call struct {
	client  *client
	caller  caller // nil in an open loop, and once it has gone
	session *session
	from    uint64 // the client's identity; 0 is one that never comes back
	begun   sim.Time
	tokens  Tokens
	turn
	inherited *contexts // of who called
	draw      uint64
	tries     int
	attempt   *request // under way; nil between two
	over      bool     // while it waits to try again
}

// begin sends a request.
func (c *client) begin(now sim.Time, caller caller, draw, from uint64, session *session) *call {
	s := c.service
	k := s.takeCall()
	k.client, k.caller, k.draw, k.from, k.session, k.begun, k.tries = c, caller, draw, from, session, now, 0
	s.ledger.arrive(now)
	return k
}

// Fire is the end of a back-off.
func (k *call) Fire(now sim.Time) {
	if k.over {
		k.client.service.releaseCall(k)
		return
	}
	k.client.service.ledger.retry(now)
	k.try(now)
}

// try makes an attempt.
func (k *call) try(now sim.Time) {
	s := k.client.service
	if s.broker != nil {
		s.broker.publish(now, k)
		return
	}
	r := k.prepare()
	if s.external != nil {
		s.external.offer(now, r)
	} else if s.absent {
		r.fail(now, record.NoHost)
		s.release(r)
	} else if endpoint := s.pick(now, k); endpoint != nil {
		endpoint.offer(now, r)
	} else {
		r.fail(now, record.NoEndpoint)
		s.release(r)
	}
	if r.phase != idle && r.call != nil {
		k.client.patience.watch(now, r)
	}
}

// prepare makes the request of the next attempt.
func (k *call) prepare() *request {
	r := k.client.service.take()
	r.call, r.draw = k, k.draw
	if k.tries > 0 {
		r.draw = mix(k.draw, uint64(k.tries))
	}
	r.tokens.Input, r.tokens.Output, r.tokens.New = k.tokens.Input, k.tokens.Output, k.tokens.New
	r.tokens.Prefix = append(r.tokens.Prefix[:0], k.tokens.Prefix...)
	r.tokens.Lengths = append(r.tokens.Lengths[:0], k.tokens.Lengths...)
	r.session, r.turn, r.inherited = k.session, k.turn, k.inherited
	k.tries++
	k.attempt = r
	return r
}

// succeed and fail tell the client of the end of an attempt, if it still waits.
func (r *request) succeed(now sim.Time) {
	k := r.call
	if k == nil {
		return
	}
	r.call, k.attempt = nil, nil
	if b := k.client.service.broker; b != nil {
		b.unacked--
	}
	k.client.service.ledger.succeed(now, now-k.begun, k.client.Late)
	k.end(now, "")
}

func (r *request) fail(now sim.Time, cause record.Cause) {
	k := r.call
	if k == nil {
		return
	}
	r.call, k.attempt = nil, nil
	c := k.client
	if b := c.service.broker; b != nil && cause == record.Killed {
		c.service.loop.At(now.Add(b.redeliver), sim.PhaseRequest, k)
		return
	}
	if k.tries <= c.Retry.Attempts {
		random := rand.New(rand.NewPCG(k.draw, uint64(k.tries)|1<<63))
		c.service.loop.At(now.Add(c.Retry.wait(k.tries, random.Float64())), sim.PhaseRequest, k)
		return
	}
	if b := c.service.broker; b != nil {
		b.unacked--
	}
	c.service.ledger.fail(now, cause)
	k.end(now, cause)
}

func (k *call) end(now sim.Time, failed record.Cause) {
	if k.caller != nil {
		k.caller.called(now, failed)
	}
	k.client.service.releaseCall(k)
}

// abandon is the death of the caller: nobody waits any more. What works on the
// request goes on, since it does not know.
func (k *call) abandon(now sim.Time) {
	k.caller = nil
	k.client.service.ledger.fail(now, record.Canceled)
	r := k.attempt
	if r == nil {
		k.over = true // its back-off's event returns it
		return
	}
	r.call, k.attempt = nil, nil
	r.leave(now)
	k.client.service.releaseCall(k)
}

// mix makes a well-scattered number of two (the finaliser of SplitMix64).
func mix(a, b uint64) uint64 {
	x := a + (b+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
