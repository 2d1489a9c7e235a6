package load

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// phase is where a request is.
type phase uint8

const (
	idle phase = iota // in the pool
	queued
	serving
	abandoned // in service, but its client has given up
)

// request is one request. Requests are pooled: generation tells the lives of
// one object apart.
type request struct {
	service    *Service
	stream     *stream
	user       *user // who waits for it; nil in an open loop, and once it has ended
	server     *Instance
	arrived    sim.Time
	tokens     Tokens
	draw       uint64 // what its service time is drawn from
	index      int    // in server.active
	generation uint32
	phase      phase
	life       uint32 // of the server, so that a completion of a killed life is void
}

// Fire is the end of the service.
func (r *request) Fire(now sim.Time) { r.server.complete(now, r) }

// deadline is a client's patience with one request.
type deadline struct {
	request    *request
	generation uint32
	at         sim.Time
}

// patience fires the time-outs of one stream. All its requests wait equally
// long, so deadlines pass in the order of arrival and one timer serves all.
type patience struct {
	timeout time.Duration
	timer   sim.Timer
	ring    []deadline
	head    int
	count   int
}

func (p *patience) init(loop *sim.Loop, timeout time.Duration) {
	p.timeout = timeout
	p.timer.Init(loop, sim.PhaseRequest, p.fire)
}

// watch begins the patience with a request.
func (p *patience) watch(now sim.Time, r *request) {
	if p.timeout == 0 {
		return
	}
	p.forget()
	if p.count == len(p.ring) {
		p.grow()
	}
	at := now.Add(p.timeout)
	p.ring[(p.head+p.count)%len(p.ring)] = deadline{r, r.generation, at}
	p.count++
	if p.count == 1 {
		p.timer.Set(at)
	}
}

func (p *patience) grow() {
	bigger := make([]deadline, max(16, 2*len(p.ring)))
	for i := range p.count {
		bigger[i] = p.ring[(p.head+i)%len(p.ring)]
	}
	p.ring, p.head = bigger, 0
}

// forget drops deadlines at the head whose requests have ended.
func (p *patience) forget() {
	for p.count > 0 {
		d := &p.ring[p.head]
		if d.request.generation == d.generation && d.request.phase != idle {
			return
		}
		*d = deadline{}
		p.head = (p.head + 1) % len(p.ring)
		p.count--
	}
}

// fire gives up on the requests that are due. The timer may be early: the
// request it was set for has often ended.
func (p *patience) fire(now sim.Time) {
	for {
		p.forget()
		if p.count == 0 {
			return
		}
		d := p.ring[p.head]
		if d.at > now {
			p.timer.Set(d.at)
			return
		}
		p.ring[p.head] = deadline{}
		p.head = (p.head + 1) % len(p.ring)
		p.count--
		d.request.server.giveUp(now, d.request)
	}
}
