package load

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Meter hears how busy an instance is: how many requests it holds, how many
// it has served in this life, and by how much the busy cores changed.
type Meter func(now sim.Time, inFlight int, served int64, cores float64)

// Instance is the server of one container: up to Concurrency requests are in
// service, up to Queue more wait in the order of arrival.
type Instance struct {
	loop  *sim.Loop
	spec  *Server
	meter Meter

	open   bool
	life   uint32
	served int64
	busy   int // in service, with those whose client gave up
	active []*request
	queue  fifo
	idle   func(now sim.Time) // waiting for the last request to end

	source *rand.PCG
	random *rand.Rand
}

// NewInstance returns the server of a container; it does not listen yet.
func NewInstance(loop *sim.Loop, spec *Server, meter Meter) *Instance {
	source := rand.NewPCG(0, 0)
	return &Instance{loop: loop, spec: spec, meter: meter, source: source, random: rand.New(source)}
}

// InFlight is the number of requests the instance holds.
func (i *Instance) InFlight() int { return len(i.active) + i.queue.len() }

// Open lets the instance take requests.
func (i *Instance) Open(sim.Time) { i.open, i.served, i.idle = true, 0, nil }

// Close refuses new requests and calls idle when it has ended all it had.
func (i *Instance) Close(now sim.Time, idle func(now sim.Time)) {
	i.open = false
	if i.busy == 0 && i.queue.len() == 0 {
		idle(now)
		return
	}
	i.idle = idle
}

// Kill fails every request the instance holds and returns how many whose
// client still waited.
func (i *Instance) Kill(now sim.Time) int {
	i.open, i.idle = false, nil
	i.life++
	lost := 0
	cores := -i.spec.CPU * float64(i.busy)
	for _, r := range i.active {
		if r.phase == serving {
			lost++
			r.service.fail(now, r, record.Killed)
		}
		r.phase = idle // over for its client; the completion event returns the object
	}
	clear(i.active)
	i.active, i.busy = i.active[:0], 0
	for i.queue.len() > 0 {
		if r := i.queue.pop(); r != nil {
			lost++
			r.service.fail(now, r, record.Killed)
			r.service.release(r)
		}
	}
	i.meter(now, 0, i.served, cores)
	return lost
}

// offer brings a request to the instance.
func (i *Instance) offer(now sim.Time, r *request) {
	switch {
	case !i.open:
		r.service.fail(now, r, record.Refused)
		r.service.release(r)
	case i.spec.Concurrency == 0 || i.busy < i.spec.Concurrency:
		r.server = i
		i.serve(now, r)
		i.meter(now, i.InFlight(), i.served, i.spec.CPU)
	case i.spec.Queue < 0 || i.queue.len() < i.spec.Queue:
		r.server, r.phase = i, queued
		i.queue.push(r)
		i.meter(now, i.InFlight(), i.served, 0)
	default:
		r.service.fail(now, r, record.QueueFull)
		r.service.release(r)
	}
}

// serve begins the service. The service time comes from the request's own
// draw, so it is the same whichever instance serves it.
func (i *Instance) serve(now sim.Time, r *request) {
	i.source.Seed(r.draw, 0)
	r.phase, r.life, r.index = serving, i.life, len(i.active)
	i.active = append(i.active, r)
	i.busy++
	i.loop.At(now+sim.Time(i.spec.Time.Sample(i.random)*1e9), sim.PhaseRequest, r)
}

// complete ends the service of a request and begins the next.
func (i *Instance) complete(now sim.Time, r *request) {
	if r.life != i.life {
		r.service.release(r) // it went with an earlier life
		return
	}
	if r.phase == serving {
		r.service.succeed(now, r)
	}
	last := len(i.active) - 1
	i.active[r.index] = i.active[last]
	i.active[r.index].index = r.index
	i.active[last] = nil
	i.active = i.active[:last]
	i.busy--
	i.served++
	r.service.release(r)
	cores := -i.spec.CPU
	for i.queue.len() > 0 {
		if next := i.queue.pop(); next != nil {
			i.serve(now, next)
			cores = 0
			break
		}
	}
	i.meter(now, i.InFlight(), i.served, cores)
	if i.idle != nil && i.busy == 0 && i.queue.len() == 0 {
		idle := i.idle
		i.idle = nil
		idle(now)
	}
}

// giveUp is the client's time-out. What waits leaves the queue; what is in
// service is worked on to its end, since the server does not know.
func (i *Instance) giveUp(now sim.Time, r *request) {
	r.service.fail(now, r, record.Timeout)
	if r.phase == serving {
		r.phase = abandoned
		return
	}
	i.queue.drop(r)
	r.service.release(r)
	i.meter(now, i.InFlight(), i.served, 0)
}
