package manager

import "github.com/kube-rehearse/rehearse/sim"

// Controller is one of kube-controller-manager: its client and its queue.
type Controller struct {
	*Client
	*Queue
}

// NewController returns one with the usual limits and so many workers (the
// --concurrent-…-syncs).
func NewController(loop *sim.Loop, workers int) Controller {
	return Controller{NewClient(loop, QPS, Burst), NewQueue(loop, workers, FirstRetry, LastRetry)}
}
