// Package autoscaling is the HorizontalPodAutoscaler controller of a run: its
// queue, the view that it decides by and the writes that it sends. What it
// decides is sim/control/hpa's (pkg/controller/podautoscaler/horizontal.go).
package autoscaling

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Metrics answers for the metrics APIs. pods are those of the autoscaler that
// asks.
type Metrics interface {
	Asked(now sim.Time, namespace string, pods []*apiserver.Pod) hpa.Metrics
}

// Options are the flags of the controller and how long it takes.
type Options struct {
	// Config is --horizontal-pod-autoscaler-…; zero is upstream's default.
	Config  hpa.Config
	Workers int
	// Latency is from a change to the end of the first write that answers it.
	Latency time.Duration
	// Answers is how long a sync waits for the answers about scale and metrics.
	Answers time.Duration
}

// Controller looks after all HorizontalPodAutoscalers. It has a client for each
// API that it talks to (cmd/kube-controller-manager/app/autoscaling.go,
// newHorizontalPodAutoscalerController).
type Controller struct {
	*manager.Parts
	*manager.Queue
	own                        *manager.Client // statuses and events
	scale                      *manager.Client // the scale subresource
	resource, custom, external *manager.Client // metrics

	metrics Metrics
	config  hpa.Config
	answers time.Duration
	states  map[types.UID]*state
}

// New returns the controller. It has to watch the store.
func New(p *manager.Parts, metrics Metrics, o Options) *Controller {
	options := manager.Options{Workers: o.Workers, Latency: o.Latency}
	made := p.Server.NewController(options)
	client := func() *manager.Client { return made.Beside(options) }
	c := &Controller{
		Parts: p, Queue: made.Queue, own: made.Client, scale: client(),
		resource: client(), custom: client(), external: client(),
		metrics: metrics, config: o.Config, answers: o.Answers, states: map[types.UID]*state{},
	}
	if c.config == (hpa.Config{}) {
		c.config = hpa.DefaultConfig()
	}
	return c
}

// state is what the controller keeps of one autoscaler.
type state struct {
	c        *Controller
	api      *autoscalingv2.HorizontalPodAutoscaler // as it is stored, or was last
	seen     *autoscalingv2.HorizontalPodAutoscaler // at the look of the sync under way
	memory   hpa.State
	recorder recorder
	// work holds the next look of its period. A change of the spec is looked at at
	// once, which leaves the period as it was: the queue holds the key for the
	// first of its times.
	work    manager.Key
	deleted bool
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*autoscalingv2.HorizontalPodAutoscaler)
	if !is {
		return
	}
	a := c.states[o.UID]
	switch {
	case change.New == nil:
		a.deleted = true
		a.work.Drop()
		delete(c.states, o.UID)
	case a == nil:
		a = &state{c: c, api: o}
		a.work.Init(c.Queue, a.sync)
		a.work.Add()
		c.states[o.UID] = a
	default:
		before := a.api
		a.api = o
		if !change.Status && !apiequality.Semantic.DeepEqual(before.Spec, o.Spec) {
			a.work.Add()
		}
	}
}

// Autoscaled are the workloads that autoscalers refer to, as records name them;
// nil when there is no autoscaler.
func (c *Controller) Autoscaled() (workloads map[string]bool) {
	for o := range c.all() {
		if workloads == nil {
			workloads = map[string]bool{}
		}
		workloads[c.target(o).Workload] = true
	}
	return workloads
}
