// Package endpoints is the EndpointSlice controller of a run
// (pkg/controller/endpointslice/endpointslice_controller.go): which pods stand
// behind a Service, and when the proxies of the nodes learn of it.
package endpoints

import (
	"maps"
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Proxies are the proxies of the nodes. T is what they know of a pod.
type Proxies[T any] interface {
	// Target is what the proxies know of a pod that a Service selects, as it is now.
	Target(s *v1.Service, p *apiserver.Pod) T
	// Rules are what the proxies send requests to, among the targets of a Service in
	// the order of their pods. apply puts them into force.
	Rules(s *v1.Service, targets []T) (apply func(now sim.Time))
}

// Retries of a sync that failed (defaultSyncBackOff, maxSyncBackOff, maxRetries).
const (
	firstRetry = time.Second
	lastRetry  = 1000 * time.Second
	retries    = 15
)

// watchSpread is how much later than usual the controller's own watch tells of an
// EndpointSlice that it wrote, in the mean of an exponential law. The answer to the
// write and the watch race: of recorded bursts of two and more changes of pods, in
// 4 of 76 and 7 of 40 a sync was faster than the watch.
const watchSpread = 650 * time.Microsecond

// Options are what the controller is given.
type Options struct {
	// Workers are --concurrent-service-endpoint-syncs.
	Workers int
	// Batch is --endpointslice-updates-batch-period: for how long changes of pods
	// wait for others.
	Batch time.Duration
	// Latency is from a change that comes alone to the EndpointSlice, without Batch.
	Latency time.Duration
	// Proxy is from the EndpointSlice to the rules on the nodes.
	Proxy time.Duration
	// LookAlways lets each sync look at all pods of its Service, also at those that
	// have not changed.
	LookAlways bool
}

// Controller looks after the EndpointSlices of all Services.
type Controller[T any] struct {
	*manager.Parts
	manager.Controller
	Options
	proxies Proxies[T]
	write   time.Duration // from a request to when it is carried out
	states  map[types.UID]*state[T]
	untold  func(*v1.Service) bool
	// selectors are those of the Services, which select nothing where there is none.
	selectors selection.Selectors[*state[T]]
}

// New returns the controller.
func New[T any](p *manager.Parts, o Options, proxies Proxies[T]) *Controller[T] {
	return &Controller[T]{
		Parts: p, Options: o, proxies: proxies, write: max(0, o.Latency-manager.WatchTime), states: map[types.UID]*state[T]{},
		untold: untold,
		Controller: p.Server.NewController(manager.Options{
			Workers: o.Workers, Latency: o.Latency, FirstRetry: firstRetry, LastRetry: lastRetry, Retries: retries,
		}),
	}
}

// state is a Service and what its EndpointSlices hold.
type state[T any] struct {
	c        *Controller[T]
	api      *v1.Service
	selector labels.Selector // nil where there is none
	entry    *selection.Selector[*state[T]]
	work     manager.Key
	behind   behind[T]
	written  bool
	// seen is when the controller's own watch has told of what it wrote last: until
	// then it knows that what it reads is out of date.
	seen   sim.Time
	spread *rand.Rand // of that watch
}

// Changed implements apiserver.Watcher.
func (c *Controller[T]) Changed(change apiserver.Change) {
	o, is := change.Object().(*v1.Service)
	if !is {
		return
	}
	s := c.states[o.UID]
	switch {
	case change.New == nil:
		s.work.Drop()
		delete(c.states, o.UID)
		c.selectors.Remove(s.entry)
	case s == nil:
		s = &state[T]{c: c, spread: c.Streams.Get("endpointslice-watch", o.Namespace+"/"+o.Name)}
		s.work.Init(c.Queue, s.sync)
		c.states[o.UID] = s
		s.set(o)
		s.work.Add()
	default:
		if changed := !apiequality.Semantic.DeepEqual(s.api.Spec, o.Spec); changed {
			s.written = false // the slices hold ports, too
			s.behind.known = false
			s.set(o)
			s.work.Add()
		}
	}
}

func (s *state[T]) set(o *v1.Service) {
	s.api, s.selector = o, nil
	selecting := labels.Nothing()
	if len(o.Spec.Selector) > 0 {
		s.selector = labels.SelectorFromSet(o.Spec.Selector)
		selecting = s.selector
	}
	if s.entry == nil {
		s.entry = s.c.selectors.Add(o.Namespace, selecting, s)
	} else {
		s.c.selectors.Change(s.entry, selecting)
	}
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller[T]) PodChanged(change apiserver.PodChange) {
	p := change.Pod
	if change.Old != nil && change.New != nil && !maps.Equal(change.Old.Labels, change.New.Labels) {
		for _, s := range c.selectors.Matching(p.Namespace(), change.Old.Labels) {
			s.behind.changed(p)
		}
	}
	for _, s := range c.selectors.Matching(p.Namespace(), p.Object().Labels) {
		s.behind.changed(p)
		if change.Concerns != apiserver.Nobody {
			s.work.AddAfter(c.Batch)
		}
	}
}

// sync writes the EndpointSlices when they change (syncService). Without a selector
// there are none.
//
//	pod a Ready    ──▶ sync: write a ─────▶ answered   ·─▶ the watch tells of a
//	pod b Ready            ──▶ (waits) ────▶ sync: what it reads is out of date
//	                                                       ··· 1 s ···▶ sync: write b
//
// A sync that begins between the answer to the last write and the watch's telling of
// it fails, though nothing is wrong (StaleSlices in k8s.io/endpointslice, util).
func (s *state[T]) sync(now sim.Time) {
	c := s.c
	if s.selector == nil {
		s.work.Done(false)
		return
	}
	if now < s.seen {
		s.work.Done(true)
		return
	}
	if changed := s.look(); s.written && !changed {
		s.work.Done(false)
		return
	}
	s.written = true
	apply := c.proxies.Rules(s.api, s.behind.targets)
	c.WriteFor(c.write, c.write+manager.CallTime/2, func(now sim.Time) {
		s.seen = now.Add(manager.WatchTime + time.Duration(s.spread.ExpFloat64()*float64(watchSpread)))
		c.Loop.After(c.Proxy, sim.PhaseNetwork, sim.Func(apply))
	}, func(sim.Time) { s.work.Done(false) })
}
