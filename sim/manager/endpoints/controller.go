// Package endpoints is the EndpointSlice controller of a run
// (pkg/controller/endpointslice/endpointslice_controller.go): which pods stand
// behind a Service, and when the proxies of the nodes learn of it.
package endpoints

import (
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
)

// Proxies are the proxies of the nodes.
type Proxies interface {
	// Rules are what the proxies send requests to, from the pods that a Service
	// selects as they are now. apply puts them into force.
	Rules(s *v1.Service, pods []*apiserver.Pod) (apply func(now sim.Time))
}

// sliceWrite is the part of the latency that is the watch and the write.
const sliceWrite = manager.WatchTime + manager.CallTime/2

// Controller looks after the EndpointSlices of all Services.
type Controller struct {
	*manager.Parts
	manager.Controller
	proxies Proxies
	batch   time.Duration // for how long changes go together
	proxy   time.Duration
	states  map[types.UID]*state
	order   []*state
}

// New returns the controller. latency is from a change to the EndpointSlice, proxy
// from there to the rules on the nodes.
func New(p *manager.Parts, workers int, latency, proxy time.Duration, proxies Proxies) *Controller {
	return &Controller{
		Parts: p, proxies: proxies, batch: latency - sliceWrite, proxy: proxy, states: map[types.UID]*state{},
		Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: min(latency, sliceWrite)}),
	}
}

// state is a Service and what its EndpointSlices hold.
type state struct {
	c        *Controller
	api      *v1.Service
	selector labels.Selector // nil where there is none
	work     manager.Key
	slices   []endpoint // as they were written last
	written  bool
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
		c.order = slices.DeleteFunc(slices.Clone(c.order), func(other *state) bool { return other == s })
	case s == nil:
		s = &state{c: c}
		s.work.Init(c.Queue, s.sync)
		c.states[o.UID] = s
		c.order = append(c.order, s)
		s.set(o)
		s.changed()
	default:
		if changed := !apiequality.Semantic.DeepEqual(s.api.Spec, o.Spec); changed {
			s.written = false // the slices hold ports, too
			s.set(o)
			s.changed()
		}
	}
}

func (s *state) set(o *v1.Service) {
	s.api, s.selector = o, nil
	if len(o.Spec.Selector) > 0 {
		s.selector = labels.SelectorFromSet(o.Spec.Selector)
	}
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if change.Concerns == apiserver.Nobody {
		return
	}
	for _, s := range c.order {
		if s.selects(change.Pod.Object()) {
			s.changed()
		}
	}
}

func (s *state) selects(o *v1.Pod) bool {
	return s.selector != nil && o.Namespace == s.api.Namespace && s.selector.Matches(labels.Set(o.Labels))
}

// changed lets the controller, and after it the proxies, follow. Changes within
// its latency go together.
func (s *state) changed() { s.work.AddAfter(s.c.batch) }

// sync writes the EndpointSlices when they change (syncService): as the pods are
// now, though the write may have to wait for its turn. Without a selector there
// are none.
func (s *state) sync(sim.Time) {
	c := s.c
	if s.selector == nil {
		s.work.Done(false)
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
	c.Write(func(sim.Time) {
		c.Loop.After(c.proxy, sim.PhaseNetwork, sim.Func(apply))
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
