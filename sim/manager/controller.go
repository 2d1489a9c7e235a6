package manager

import "time"

// Controller is one of kube-controller-manager: its client and its queue.
type Controller struct {
	*Client
	*Queue
}

// Options are what controllers differ in. Zero values are the usual ones.
type Options struct {
	// Latency is from a change to the end of the first write that answers it.
	Latency time.Duration
	// Polls says that the controller has no watches. It looks at the cluster now and
	// then, and what it sees is not late.
	Polls bool
	// QPS and Burst are the limits of its client, those of the flags by default.
	// There is none when QPS is negative.
	QPS   float64
	Burst int
	// Workers are those of its queue (--concurrent-…-syncs): none by default.
	Workers int
	// FirstRetry and LastRetry are the delays of a sync that failed once, and often
	// enough.
	FirstRetry, LastRetry time.Duration
	// Retries is how often a sync that fails is tried again, 0 for always.
	Retries int
}

func (o Options) pace(s *Server) *pace {
	if o.Polls {
		return newPace(s, 0)
	}
	return newPace(s, min(WatchTime, o.Latency))
}

// NewController returns a controller.
func (s *Server) NewController(o Options) Controller {
	p := o.pace(s)
	return Controller{newClient(p, o), newQueue(p, o)}
}

// Second is another queue of the same controller.
func (c Controller) Second(o Options) *Queue { return newQueue(c.Client.pace, o) }

// Beside is another client of the same controller.
func (c Controller) Beside(o Options) *Client { return newClient(c.Client.pace, o) }
