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
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Metrics answers for the metrics APIs. pods are those of the autoscaler that
// asks.
type Metrics interface {
	Asked(now sim.Time, namespace string, pods []*apiserver.Pod) hpa.Answers
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
	// LookAlways lets each sync look, also when nothing can have changed since the
	// last look.
	LookAlways bool
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
	always  bool // look at every sync
	states  map[types.UID]*state
	targets targets
	came    int // autoscalers
}

// New returns the controller. It has to watch the store.
func New(p *manager.Parts, metrics Metrics, o Options) *Controller {
	options := manager.Options{Workers: o.Workers, Latency: o.Latency}
	made := p.Server.NewController(options)
	client := func() *manager.Client { return made.Beside(options) }
	c := &Controller{
		Parts: p, Queue: made.Queue, own: made.Client, scale: client(),
		resource: client(), custom: client(), external: client(),
		metrics: metrics, config: o.Config, answers: o.Answers, always: o.LookAlways, states: map[types.UID]*state{},
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
	came    int                         // its number among all that came
	entry   *selection.Selector[*state] // among those of all targets
	last    look
	steps
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*autoscalingv2.HorizontalPodAutoscaler)
	if !is {
		c.targetChanged(change)
		return
	}
	a := c.states[o.UID]
	switch {
	case change.New == nil:
		a.deleted = true
		a.work.Drop()
		delete(c.states, o.UID)
		c.targets.remove(a)
	case a == nil:
		c.came++
		a = &state{c: c, api: o, came: c.came}
		a.prepare()
		a.work.Init(c.Queue, a.sync)
		a.work.Add()
		c.states[o.UID] = a
		c.targets.add(a)
	default:
		before := a.api
		a.api = o
		if !change.Status && !apiequality.Semantic.DeepEqual(before.Spec, o.Spec) {
			c.targets.move(a, before)
			a.work.Add()
		}
	}
}
