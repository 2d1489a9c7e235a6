package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Client limits of kube-controller-manager (--kube-api-qps, --kube-api-burst);
// each controller has a client, and so a bucket, of its own.
const (
	clientQPS   = 20
	clientBurst = 30
)

// callTime is what one write of a controller takes, within the 5–15 ms that a
// real control plane showed.
const callTime = 10 * time.Millisecond

// client is the token bucket of a controller's API client (client-go
// util/flowcontrol.NewTokenBucketRateLimiter).
type client struct {
	tokens float64
	last   sim.Time
}

func newClient() client { return client{tokens: clientBurst} }

// call takes a token and returns when the request may be sent, now or later.
func (c *client) call(now sim.Time) sim.Time {
	if now > c.last {
		c.tokens = min(clientBurst, c.tokens+(now-c.last).Seconds()*clientQPS)
		c.last = now
	}
	c.tokens--
	if c.tokens >= 0 {
		return now
	}
	return c.last.Add(time.Duration(-c.tokens / clientQPS * float64(time.Second)))
}
