package load

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// phase is where a request is.
type phase uint8

const (
	idle phase = iota // in the pool, or about to go there
	queued
	serving
)

// holdup is what a request in service waits for.
type holdup uint8

const (
	fresh holdup = iota // nothing yet
	onTimer
	onCPU
	onCalls
	onModel
)

// request is one attempt at a server. Requests are pooled: generation tells
// the lives of one object apart.
type request struct {
	service             *Service
	call                *call // who waits for it; nil once the client has gone
	session             *session
	server              *Instance
	tokens              Tokens
	spoke               bool // its tokens were asked for
	turn                turn // of the prompt that it is
	contexts, inherited *contexts
	arrived             sim.Time // at the server
	draw                uint64   // what it needs is drawn from
	draws               uint64   // how often something was drawn
	index               int      // in server.active
	pc                  int      // the next instruction
	loops               []int32  // how often each still has to be gone through
	task                cpu.Task
	tool                int64         // bytes that a tool holds
	rest                time.Duration // to wait after the CPU's part of the work

	calls   []*call // under way, for the request of a program
	pending int
	failed  bool // one of them did, and it matters
	cause   record.Cause
	prompt  *prompt

	generation uint32
	life       uint32 // of the server, so that an event of a killed life is void
	phase      phase
	on         holdup
	broken     bool // an External's answer will be an error
}

// Fire is the end of what the request waited for.
func (r *request) Fire(now sim.Time) {
	switch {
	case r.service.external != nil:
		r.service.external.answer(now, r)
	case r.life != r.server.life:
		r.service.release(r) // it went with an earlier life
	default:
		r.server.proceed(now, r)
	}
}

// CPUDone is the end of its CPU time.
func (r *request) CPUDone(now sim.Time) {
	if r.rest > 0 {
		r.pause(now, r.rest)
		return
	}
	r.server.proceed(now, r)
}

// pause lets the request wait.
func (r *request) pause(now sim.Time, d time.Duration) {
	r.on, r.rest = onTimer, 0
	r.service.loop.At(now.Add(d), sim.PhaseRequest, r)
}

// called is the end of one of its calls.
func (r *request) called(now sim.Time, failed record.Cause) {
	if failed != "" && !r.server.program.code[r.pc-1].optional {
		r.failed, r.cause = true, record.DependencyFailed
	}
	r.pending--
	if r.pending == 0 {
		r.calls = r.calls[:0]
		r.pause(now, 0)
	}
}

// leave is the client's going away. What waits leaves the queue, and a model
// drops the prompt; what else is in service is worked on to its end, since the
// server does not know.
func (r *request) leave(now sim.Time) {
	switch {
	case r.phase == queued:
		r.server.leaveQueue(now, r)
	case r.phase == serving && r.on == onModel && r.prompt != nil:
		r.server.abort(now, r)
	}
}

// deadline is a client's patience with one request.
type deadline struct {
	request    *request
	generation uint32
	at         sim.Time
}

// patience fires the time-outs of one client. All its requests wait equally
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
		if d.request.generation == d.generation && d.request.call != nil {
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
		d.request.fail(now, record.Timeout)
		d.request.leave(now)
	}
}
