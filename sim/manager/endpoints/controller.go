// Package endpoints is the EndpointSlice controller of a run
// (pkg/controller/endpointslice/endpointslice_controller.go): which pods stand
// behind a Service, and when the proxies of the nodes learn of it.
package endpoints

import (
	"math/rand/v2"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Proxies are the proxies of the nodes.
type Proxies interface {
	// Rules are what the proxies send requests to, from the pods that a Service
	// selects as they are now. apply puts them into force.
	Rules(s *v1.Service, pods []*apiserver.Pod) (apply func(now sim.Time))
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
}

// Controller looks after the EndpointSlices of all Services.
type Controller struct {
	*manager.Parts
	manager.Controller
	Options
	proxies Proxies
	write   time.Duration // from a request to when it is carried out
	states  map[types.UID]*state
	// selectors are those of the Services, which select nothing where there is none.
	selectors selection.Selectors[*state]
}

// New returns the controller.
func New(p *manager.Parts, o Options, proxies Proxies) *Controller {
	return &Controller{
		Parts: p, Options: o, proxies: proxies, write: max(0, o.Latency-manager.WatchTime), states: map[types.UID]*state{},
		Controller: p.Server.NewController(manager.Options{
			Workers: o.Workers, Latency: o.Latency, FirstRetry: firstRetry, LastRetry: lastRetry, Retries: retries,
		}),
	}
}

// state is a Service and what its EndpointSlices hold.
type state struct {
	c        *Controller
	api      *v1.Service
	selector labels.Selector // nil where there is none
	entry    *selection.Selector[*state]
	work     manager.Key
	slices   []endpoint // as they were written last
	written  bool
	// seen is when the controller's own watch has told of what it wrote last: until
	// then it knows that what it reads is out of date.
	seen   sim.Time
	spread *rand.Rand // of that watch
}

// endpoint is what the EndpointSlices of a Service hold of a pod.
type endpoint struct {
	pod                types.UID
	ready, terminating bool
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
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
		s = &state{c: c, spread: c.Streams.Get("endpointslice-watch", o.Namespace+"/"+o.Name)}
		s.work.Init(c.Queue, s.sync)
		c.states[o.UID] = s
		s.set(o)
		s.work.Add()
	default:
		if changed := !apiequality.Semantic.DeepEqual(s.api.Spec, o.Spec); changed {
			s.written = false // the slices hold ports, too
			s.set(o)
			s.work.Add()
		}
	}
}

func (s *state) set(o *v1.Service) {
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
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if change.Concerns == apiserver.Nobody {
		return
	}
	for _, s := range c.selectors.Matching(change.Pod.Namespace(), change.Pod.Object().Labels) {
		s.work.AddAfter(c.Batch)
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
func (s *state) sync(now sim.Time) {
	c := s.c
	if s.selector == nil {
		s.work.Done(false)
		return
	}
	if now < s.seen {
		s.work.Done(true)
		return
	}
	pods := c.Selected(s.api.Namespace, s.selector)
	wanted := wantedOf(pods)
	if s.written && slices.Equal(wanted, s.slices) {
		s.work.Done(false)
		return
	}
	s.slices, s.written = wanted, true
	apply := c.proxies.Rules(s.api, pods)
	c.WriteFor(c.write, c.write+manager.CallTime/2, func(now sim.Time) {
		s.seen = now.Add(manager.WatchTime + time.Duration(s.spread.ExpFloat64()*float64(watchSpread)))
		c.Loop.After(c.Proxy, sim.PhaseNetwork, sim.Func(apply))
	}, func(sim.Time) { s.work.Done(false) })
}

// wantedOf are the endpoints of the Service's pods that have an address, which a
// pod has once a container of it has started (ShouldPodBeInEndpoints in
// k8s.io/endpointslice).
func wantedOf(pods []*apiserver.Pod) (list []endpoint) {
	for _, p := range pods {
		status := &p.Object().Status
		if !podutil.IsPodPhaseTerminal(status.Phase) && len(status.InitContainerStatuses)+len(status.ContainerStatuses) > 0 {
			list = append(list, endpoint{p.Object().UID, podutil.IsPodReady(p.Object()), p.Deleting()})
		}
	}
	return list
}
