package load

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Network is all that requests can be sent to, by key.
type Network struct {
	loop        *sim.Loop
	streams     sim.Streams
	replication int
	window      sim.Time
	sink        func(record.Record)
	bounds      []float64 // of the latencies that are counted

	services map[string]*Service
	order    []*Service
	clients  map[Call]*client
	programs map[*Server]*program
	lacks    func(key string) bool // nil: all Services are there
}

// SetLacks lets the network ask, when a Service is first named, whether there is none.
func (n *Network) SetLacks(lacks func(key string) bool) { n.lacks = lacks }

// NewNetwork returns an empty Network. Records of its Services go to sink in
// windows of the given length.
func NewNetwork(loop *sim.Loop, streams sim.Streams, replication int, window sim.Time,
	sink func(record.Record)) *Network {
	return &Network{
		loop: loop, streams: streams, replication: replication, window: window, sink: sink,
		services: map[string]*Service{}, clients: map[Call]*client{}, programs: map[*Server]*program{},
	}
}

// Service is the Service of a key, "namespace/name". One that nobody has asked
// for before has no endpoints.
func (n *Network) Service(key string) *Service {
	s, known := n.services[key]
	if !known {
		s = NewService(key, n.loop, n.streams, n.replication, n.window, n.sink)
		s.ledger.latency.reset(n.bounds)
		s.absent = n.lacks != nil && n.lacks(key)
		n.services[key] = s
		n.order = append(n.order, s)
	}
	return s
}

// Services are all of them, in the order in which they were first asked for.
func (n *Network) Services() []*Service { return n.order }

// client is that of a step. All calls of a step share it, whichever container
// makes them: they have the same time-out, so one timer serves them all.
func (n *Network) client(step Call) *client {
	c, known := n.clients[step]
	if !known {
		c = newClient(n.Service(step.Service), n.loop, step.Client)
		n.clients[step] = c
	}
	return c
}

// program compiles a server's program, once for all containers.
func (n *Network) program(spec *Server) *program {
	p, known := n.programs[spec]
	if !known {
		p = &program{id: uint64(len(n.programs) + 1)}
		p.compile(spec.Program, n, 0)
		n.programs[spec] = p
	}
	return p
}
