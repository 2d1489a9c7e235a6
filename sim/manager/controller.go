package manager

import "github.com/kube-rehearse/rehearse/sim"

// Controller is one of kube-controller-manager: its client and its queue.
type Controller struct {
	*Client
	*Queue
}

// NewController returns one with so many workers.
func NewController(loop *sim.Loop, cfg Config, workers int) Controller {
	return Controller{NewClient(loop, cfg.QPS, cfg.Burst), NewQueue(loop, workers, FirstRetry, LastRetry)}
}
