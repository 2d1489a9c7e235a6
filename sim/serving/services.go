package serving

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// service is a Service as the proxies of the nodes have it.
type service struct {
	load    *load.Service
	port    *v1.ServicePort // that requests come to
	deleted bool
}

// Changed implements apiserver.Watcher.
func (v *Serving) Changed(c apiserver.Change) {
	o, is := c.Object().(*v1.Service)
	if !is {
		return
	}
	k := kinds.KeyOf(o)
	switch {
	case c.New == nil:
		s := v.services[k]
		s.deleted = true
		delete(v.services, k)
		s.load.SetEndpoints(v.Now(), nil)
		s.load.SetAbsent(true)
	case c.Old == nil:
		v.services[k] = v.newService(k, o)
	default:
		v.services[k].port = v.portOf(o)
	}
}

func (v *Serving) newService(k string, o *v1.Service) *service {
	s := &service{load: v.Network.Service(k), port: v.portOf(o)}
	s.load.SetAbsent(false)
	if o.Spec.SessionAffinity == v1.ServiceAffinityClientIP {
		timeout := time.Duration(v1.DefaultClientIPServiceAffinitySeconds) * time.Second
		if c := o.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
			timeout = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
		}
		s.load.SetAffinity(timeout)
	}
	return s
}

// portOf is the port of a Service that requests come to: the one that traffic
// names last, else its first.
func (v *Serving) portOf(o *v1.Service) (port *v1.ServicePort) {
	if len(o.Spec.Ports) > 0 {
		port = &o.Spec.Ports[0]
	}
	for i := range v.options.Traffic {
		t := &v.options.Traffic[i]
		if t.Queue != "" || t.Namespace != o.Namespace || t.Service != o.Name {
			continue
		}
		for j := range o.Spec.Ports {
			if o.Spec.Ports[j].Port == t.Port {
				port = &o.Spec.Ports[j]
			}
		}
	}
	return port
}

// Target is the server in a pod behind a Service, as the proxies of the nodes know it.
type Target struct {
	instance *load.Instance // nil when there is none, or the pod has ended
	ready    bool
	serving  bool // while it terminates
}

// Target implements endpoints.Proxies.
func (v *Serving) Target(o *v1.Service, p *apiserver.Pod) (t Target) {
	if p.Ended() {
		return t
	}
	t.instance = v.behind(v.services[kinds.KeyOf(o)], p)
	isReady := podutil.IsPodReady(p.Object())
	t.ready = !p.Deleting() && (isReady || o.Spec.PublishNotReadyAddresses)
	t.serving = p.Deleting() && isReady
	return t
}

// Rules implements endpoints.Proxies. It takes the targets as they are now; apply puts
// them into force on the nodes.
func (v *Serving) Rules(o *v1.Service, targets []Target) (apply func(now sim.Time)) {
	s, endpoints := v.services[kinds.KeyOf(o)], endpointsAmong(targets)
	return func(now sim.Time) {
		if !s.deleted {
			s.load.SetEndpoints(now, endpoints)
		}
	}
}

// endpointsAmong are the servers that the proxies may use: those of ready pods, and
// when there is none those of pods that still serve while they terminate
// (pkg/proxy/topology.go, CategorizeEndpoints).
func endpointsAmong(targets []Target) []*load.Instance {
	var ready, serving []*load.Instance
	for _, t := range targets {
		switch {
		case t.instance == nil:
		case t.ready:
			ready = append(ready, t.instance)
		case t.serving:
			serving = append(serving, t.instance)
		}
	}
	if len(ready) > 0 {
		return ready
	}
	return serving
}

// behind is the server behind the Service's port in a pod: that of the container
// which declares the target port, else of the first that serves. A named port
// that no container declares makes no endpoint.
func (v *Serving) behind(s *service, p *apiserver.Pod) *load.Instance {
	if s.port == nil {
		return nil
	}
	number, declared := targetPort(p.Object(), s.port)
	if !declared {
		return nil
	}
	var first *load.Instance
	o := p.Object()
	for i := range o.Spec.Containers {
		c := &o.Spec.Containers[i]
		instance := v.Instance(p, c.Name)
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

// Start begins the request streams. Requests to a Service that only a later step
// applies find no endpoint until then.
func (v *Serving) Start(horizon sim.Time) {
	for i := range v.options.Traffic {
		t := &v.options.Traffic[i]
		to := t.Queue
		if to == "" {
			to = kinds.Key(t.Namespace, t.Service)
		}
		v.Fail(v.Network.Service(to).Add(t, horizon, v.Streams))
	}
}
