package cluster

import (
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// service is a Service, its EndpointSlices and the proxies' rules for it.
type service struct {
	world   *World
	api     *v1.Service
	load    *load.Service
	port    *v1.ServicePort
	work    manager.Key
	slices  []endpoint // as they were written last
	written bool
	deleted bool
}

// endpoint is what the EndpointSlices of a Service hold of a pod.
type endpoint struct {
	pod                types.UID
	ready, terminating bool
}

func (w *World) addService(o *v1.Service) {
	k := key(o.Namespace, o.Name)
	s := &service{world: w, api: o}
	s.load = w.network.Service(k)
	if o.Spec.SessionAffinity == v1.ServiceAffinityClientIP {
		timeout := time.Duration(v1.DefaultClientIPServiceAffinitySeconds) * time.Second
		if c := o.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
			timeout = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
		}
		s.load.SetAffinity(timeout)
	}
	if len(o.Spec.Ports) > 0 {
		s.port = &o.Spec.Ports[0]
	}
	s.work.Init(w.controllers.endpoints.Queue, s.sync)
	w.services.put(k, s)
	s.changed()
}

func (s *service) selects(o *v1.Pod) bool {
	return o.Namespace == s.api.Namespace && len(s.api.Spec.Selector) > 0 &&
		labels.SelectorFromSet(s.api.Spec.Selector).Matches(labels.Set(o.Labels))
}

// changed lets the EndpointSlice controller, and after it the proxies, follow.
// Changes within the controller's latency go together.
func (s *service) changed() {
	s.work.AddAfter(s.world.spec.Latencies.Endpoints - sliceWrite)
}

// sliceWrite is the part of Latencies.Endpoints that is the watch and the write.
const sliceWrite = manager.WatchTime + manager.CallTime/2

// sync writes the EndpointSlices when they change (endpointslice_controller.go,
// syncService): as the pods are now, though the write may have to wait for its
// turn. Without a selector there are none.
func (s *service) sync(sim.Time) {
	w, wanted, endpoints := s.world, s.wanted(), s.endpoints()
	if (s.written && slices.Equal(wanted, s.slices)) || len(s.api.Spec.Selector) == 0 {
		s.work.Done(false)
		return
	}
	s.slices, s.written = wanted, true
	w.controllers.endpoints.Write(func(sim.Time) {
		s.work.Done(false)
		w.loop.After(w.spec.Latencies.Proxy, sim.PhaseNetwork, sim.Func(func(now sim.Time) {
			if !s.deleted {
				s.load.SetEndpoints(now, endpoints)
			}
		}))
	}, func(sim.Time) {})
}

// wanted are the endpoints of the Service's pods that have an address, which a
// pod has once a container of it has started (ShouldPodBeInEndpoints in
// k8s.io/endpointslice).
func (s *service) wanted() (list []endpoint) {
	for _, p := range s.world.pods.inOrder() {
		status := &p.api.Status
		if s.selects(p.api) && !podutil.IsPodPhaseTerminal(status.Phase) && len(status.InitContainerStatuses)+len(status.ContainerStatuses) > 0 {
			list = append(list, endpoint{p.api.UID, podutil.IsPodReady(p.api), p.api.DeletionTimestamp != nil})
		}
	}
	return list
}

// endpoints are the servers that the proxies may use: those of ready pods, and
// when there is none those of pods that still serve while they terminate
// (pkg/proxy/topology.go, CategorizeEndpoints).
func (s *service) endpoints() []*load.Instance {
	if s.deleted {
		return nil
	}
	var ready, serving []*load.Instance
	for _, p := range s.world.pods.inOrder() {
		if !s.selects(p.api) || podutil.IsPodPhaseTerminal(p.api.Status.Phase) {
			continue
		}
		instance := s.instance(p)
		if instance == nil {
			continue
		}
		switch isReady := podutil.IsPodReady(p.api); {
		case p.api.DeletionTimestamp == nil && (isReady || s.api.Spec.PublishNotReadyAddresses):
			ready = append(ready, instance)
		case p.api.DeletionTimestamp != nil && isReady:
			serving = append(serving, instance)
		}
	}
	if len(ready) > 0 {
		return ready
	}
	return serving
}

// instance is the server behind the Service's port in a pod: that of the
// container which declares the target port, else of the first that serves.
// A named port that no container declares makes no endpoint.
func (s *service) instance(p *pod) *load.Instance {
	if s.port == nil {
		return nil
	}
	number, declared := targetPort(p.api, s.port)
	if !declared {
		return nil
	}
	var first *load.Instance
	for i := range p.api.Spec.Containers {
		c := &p.api.Spec.Containers[i]
		instance := p.servers[c.Name]
		if instance == nil {
			continue
		}
		for _, port := range c.Ports {
			if port.ContainerPort == number {
				return instance
			}
		}
		if first == nil {
			first = instance
		}
	}
	return first
}

// targetPort resolves the Service's target port in a pod (findPort in
// k8s.io/endpointslice): a number stands for itself, a name for the container
// port of that name and protocol.
func targetPort(o *v1.Pod, port *v1.ServicePort) (number int32, declared bool) {
	if port.TargetPort.Type == intstr.Int {
		return port.TargetPort.IntVal, true
	}
	for _, c := range o.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == port.TargetPort.StrVal && p.Protocol == port.Protocol {
				return p.ContainerPort, true
			}
		}
	}
	return 0, false
}

func (s *service) delete() {
	s.world.scheduler.upstream.Unset(s.api)
	s.deleted = true
	s.work.Drop()
	s.world.replenish(s.api, nil)
	s.load.SetEndpoints(s.world.loop.Now(), nil)
}

// announceOutages writes the outages outside the cluster among the steps, for
// what follows from them.
func (w *World) announceOutages(horizon sim.Time) {
	for _, e := range w.spec.Externals {
		for _, o := range e.Outages {
			if o.From < horizon {
				w.loop.At(o.From, sim.PhaseTimeline, sim.Func(func(sim.Time) {
					w.record(record.Step{At: w.at(), Text: fmt.Sprintf("outage of %s for %s", e.Name, o.To.Sub(o.From))})
				}))
			}
		}
	}
}

// startTraffic begins the request streams.
func (w *World) startTraffic(horizon sim.Time) {
	for i := range w.spec.Traffic {
		t := &w.spec.Traffic[i]
		if t.Queue != "" {
			w.fail(w.network.Service(t.Queue).Add(t, horizon, w.streams))
			continue
		}
		s, known := w.services.get(key(t.Namespace, t.Service))
		if !known {
			continue // the scenario's validation names every Service
		}
		for j := range s.api.Spec.Ports {
			if s.api.Spec.Ports[j].Port == t.Port {
				s.port = &s.api.Spec.Ports[j]
			}
		}
		w.fail(s.load.Add(t, horizon, w.streams))
	}
}
