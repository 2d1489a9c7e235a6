package load

import (
	"math"
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Meter hears what an instance holds: how many requests, how many it has
// served in this life, and the bytes it keeps of sessions.
type Meter func(now sim.Time, inFlight int, served, sessionBytes int64)

// Instance is the server of one container: up to Concurrency requests are in
// service, up to Queue more wait in the order of arrival.
type Instance struct {
	loop    *sim.Loop
	spec    *Server
	program *program
	meter   Meter
	id      uint64     // for consistent hashing
	cpu     *cpu.Group // of this life; nil has a core for each thread

	open     bool
	life     uint32
	served   int64
	latency  observed
	active   []*request // in service, with those whose client has gone
	queue    fifo
	engine   *llm.Engine        // nil without a model
	prompts  []*prompt          // for reuse
	idle     func(now sim.Time) // waiting for the last request to end
	awaits   []sim.Func         // the same, while it takes new ones
	sessions held
	tools    int64     // bytes that tools hold
	pulls    []*broker // that it takes messages from

	source *rand.PCG
	random *rand.Rand
}

// NewInstance returns the server of a container; it does not listen yet. The
// id tells endpoints apart where clients are hashed to them.
func NewInstance(network *Network, id uint64, spec *Server, meter Meter) *Instance {
	source := rand.NewPCG(0, 0)
	i := &Instance{
		loop: network.loop, spec: spec, program: network.program(spec), meter: meter, id: id,
		source: source, random: rand.New(source),
	}
	i.sessions.init(i)
	i.latency.reset(network.bounds)
	if spec.Model != nil {
		engine, err := llm.NewEngine(network.loop, sim.PhaseRequest, *spec.Model)
		if err != nil {
			panic(err) // whoever made the Server asked Blocks before
		}
		i.engine = engine
	}
	return i
}

// InFlight is the number of requests the instance holds.
func (i *Instance) InFlight() int { return len(i.active) + i.queue.len() }

// Open lets the instance take requests, and work on them on a cgroup's CPU.
func (i *Instance) Open(now sim.Time, group *cpu.Group) {
	i.open, i.served, i.idle, i.cpu = true, 0, nil, group
	i.latency.reset(i.latency.bounds)
	for _, b := range i.pulls {
		i.loop.At(now, sim.PhaseRequest, b)
	}
}

// Close refuses new requests and calls idle when it has ended all it had.
func (i *Instance) Close(now sim.Time, idle func(now sim.Time)) {
	i.open = false
	if i.InFlight() == 0 {
		idle(now)
		return
	}
	i.idle = idle
}

// Idle calls f as soon as the instance has no requests; others may come meanwhile. It forgets
// f when the instance is killed.
func (i *Instance) Idle(now sim.Time, f sim.Func) {
	if i.InFlight() == 0 {
		f(now)
		return
	}
	i.awaits = append(i.awaits, f)
}

// rest tells those who wait for the last request to end.
func (i *Instance) rest(now sim.Time) {
	if i.InFlight() > 0 {
		return
	}
	awaits := i.awaits
	i.awaits = nil
	for _, f := range awaits {
		f(now)
	}
	if idle := i.idle; idle != nil {
		i.idle = nil
		idle(now)
	}
}

// Kill fails every request the instance holds and returns how many whose
// client still waited.
func (i *Instance) Kill(now sim.Time) int {
	i.open, i.idle, i.awaits = false, nil, nil
	i.life++
	lost := 0
	if i.cpu != nil {
		i.cpu.Kill(now)
	}
	if i.engine != nil {
		i.engine.Kill(now)
	}
	for _, r := range i.active {
		r.prompt = nil
		if r.call != nil {
			if r.service.broker == nil { // a message comes again
				lost++
			}
			r.fail(now, record.Killed)
		}
		r.phase = idle
		for _, k := range r.calls {
			if k.caller == r {
				k.abandon(now)
			}
		}
		r.calls = r.calls[:0]
		if r.on != onTimer { // whose event returns the object
			r.service.release(r)
		}
	}
	clear(i.active)
	i.active = i.active[:0]
	for i.queue.len() > 0 {
		if r := i.queue.pop(); r != nil {
			lost++
			r.fail(now, record.Killed)
			r.service.release(r)
		}
	}
	i.sessions.kill()
	i.tools = 0
	i.report(now)
	return lost
}

func (i *Instance) report(now sim.Time) {
	i.meter(now, i.InFlight(), i.served, i.sessions.bytes+i.tools)
}

// offer brings a request to the instance.
func (i *Instance) offer(now sim.Time, r *request) {
	r.arrived = now
	switch {
	case !i.open:
		r.fail(now, record.Refused)
		r.service.release(r)
	case i.spec.Concurrency == 0 || len(i.active) < i.spec.Concurrency:
		r.server = i
		i.serve(now, r)
		i.report(now)
	case i.spec.Queue < 0 || i.queue.len() < i.spec.Queue:
		r.server, r.phase = i, queued
		i.queue.push(r)
		i.report(now)
	default:
		r.fail(now, record.QueueFull)
		r.service.release(r)
	}
}

// serve begins the service.
func (i *Instance) serve(now sim.Time, r *request) {
	r.phase, r.life, r.index = serving, i.life, len(i.active)
	r.pc, r.draws, r.failed, r.on, r.spoke, r.tool = 0, 0, false, fresh, false, 0
	if len(r.loops) < i.program.depth {
		r.loops = make([]int32, i.program.depth)
	}
	i.active = append(i.active, r)
	if r.session != nil {
		i.sessions.touch(now, r.session)
	}
	i.proceed(now, r)
}

// breath is after how many instructions that take no time a request lets other
// events of the instant come first, so that the loop sees it.
const breath = 16

// drawFor gives the request's own random numbers, so that what it needs is the
// same whichever instance serves it, and whatever others draw meanwhile.
func (i *Instance) drawFor(r *request) *rand.Rand {
	i.source.Seed(r.draw, r.draws)
	r.draws++
	return i.random
}

// proceed goes on with a request's program until it has to wait.
func (i *Instance) proceed(now sim.Time, r *request) {
	for done := 0; ; done++ {
		if done == breath {
			r.pause(now, 0) // lest steps that take no time are done without end in one event
			return
		}
		if over := r.failed || r.pc == len(i.program.code); over && r.on == fresh {
			r.pause(now, 0) // an event of its own, lest a queue of such requests recurses
			return
		} else if over {
			i.dropTool(now, r)
			i.complete(now, r)
			return
		}
		i.dropTool(now, r)
		in := &i.program.code[r.pc]
		r.pc++
		switch in.op {
		case opWork:
			i.work(now, r, in.dist.Sample(i.drawFor(r)), in.cpu)
			return
		case opCompute:
			i.compute(now, r, in.dist.Sample(i.drawFor(r)), in.threads)
			return
		case opWait:
			r.pause(now, later(now, in.dist.Sample(i.drawFor(r))).Sub(now))
			return
		case opTool:
			i.useTool(now, r, in)
			return
		case opCall:
			if i.call(now, r, in) {
				return
			}
		case opGenerate:
			if i.generate(now, r, in) {
				return
			}
		case opLoop:
			if r.loops[in.depth] = times(in.dist.Sample(i.drawFor(r))); r.loops[in.depth] == 0 {
				r.pc = in.next
			}
		case opAgain:
			if r.loops[in.depth]--; r.loops[in.depth] > 0 {
				r.pc = in.next
			}
		case opSkip:
			if i.drawFor(r).Float64() >= in.cpu {
				r.pc = in.next
			}
		}
	}
}

// maxTimes bounds how often something is repeated, or sent at once.
const maxTimes = 10_000

func times(drawn float64) int32 { return int32(math.Round(min(max(drawn, 0), maxTimes))) }

// work takes some seconds in which so many cores are busy on average.
func (i *Instance) work(now sim.Time, r *request, seconds, cores float64) {
	total := later(now, seconds).Sub(now)
	if cores <= 0 || i.cpu == nil {
		r.pause(now, total)
		return
	}
	threads := max(1, math.Ceil(cores))
	i.compute(now, r, seconds*cores, int(threads))
	r.rest = max(0, later(now, seconds*(1-cores/threads)).Sub(now))
}

// compute takes some core-seconds.
func (i *Instance) compute(now sim.Time, r *request, seconds float64, threads int) {
	work := later(now, seconds).Sub(now)
	if i.cpu == nil {
		r.pause(now, later(now, seconds/float64(threads)).Sub(now))
		return
	}
	r.on, r.rest, r.task.Parallelism = onCPU, 0, threads
	i.cpu.Start(now, &r.task, work, r)
}

// call sends a step's requests and reports whether there are any.
func (i *Instance) call(now sim.Time, r *request, in *instruction) bool {
	count := int32(1)
	if in.dist != nil {
		count = times(in.dist.Sample(i.drawFor(r)))
	}
	if count == 0 {
		return false
	}
	r.on, r.pending = onCalls, int(count)
	first := r.draws
	r.draws += uint64(count)
	for n := range uint64(count) {
		k := in.call.begin(now, r, mix(r.draw, first+n), i.id|1, nil)
		if in.talks {
			r.talk(k, in, count == 1)
		}
		r.calls = append(r.calls, k)
	}
	for _, k := range r.calls {
		k.try(now)
	}
	return true
}

// complete ends the service of a request and begins the next.
func (i *Instance) complete(now sim.Time, r *request) {
	if r.failed {
		r.fail(now, r.cause)
	} else {
		r.succeed(now)
	}
	last := len(i.active) - 1
	i.active[r.index] = i.active[last]
	i.active[r.index].index = r.index
	i.active[last] = nil
	i.active = i.active[:last]
	i.served++
	i.latency.add(now - r.arrived)
	r.service.release(r)
	for i.queue.len() > 0 {
		if next := i.queue.pop(); next != nil {
			i.serve(now, next)
			break
		}
	}
	for _, b := range i.pulls {
		b.dispatch(now)
	}
	i.report(now)
	i.rest(now)
}

// leaveQueue takes a request whose client has gone out of the queue.
func (i *Instance) leaveQueue(now sim.Time, r *request) {
	i.queue.drop(r)
	r.service.release(r)
	i.report(now)
}
