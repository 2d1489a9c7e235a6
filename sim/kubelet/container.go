package kubelet

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
	"github.com/kube-rehearse/rehearse/sim/gauge"
	"github.com/kube-rehearse/rehearse/sim/kubelet/backoff"
	"github.com/kube-rehearse/rehearse/sim/kubelet/cgroups"
	"github.com/kube-rehearse/rehearse/sim/kubelet/eviction"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// state is where a container is in its life.
type state uint8

const (
	waiting state = iota // not created, or between two lives
	running
)

// cause is what ends a process.
type cause string

const (
	causeOOM        cause = "oom"
	causePodOOM     cause = "pod-oom" // its pod's cgroup reached the pod's limit
	causeLiveness   cause = "liveness"
	causeStartup    cause = "startup"
	causeTerminated cause = "terminated" // left after SIGTERM
	causeKilled     cause = "killed"     // SIGKILL at the end of the grace period
	causeExited     cause = "exited"     // by itself
	causeSystemOOM  cause = "system-oom" // the node had no memory left
	causeGPUOOM     cause = "gpu-oom"    // by itself, for its GPU had too little memory left
	causeEvicted    cause = "evicted"
	causeMachine    cause = "machine" // the node failed
	causeForced     cause = "forced"  // its pod was deleted without grace
	causeHook       cause = "hook"    // its postStart hook failed
)

// Container is one container of a pod on a node.
type Container struct {
	pod  *Pod
	plan Plan
	work Work

	isInit   bool
	state    state
	restarts int32
	lives    int32
	started  sim.Time // of the current life
	exitCode int32
	serving  bool // listens
	closing  bool // the kubelet stops it
	pending  cause
	message  string
	last     ended // how the newest life that is over ended

	shown   seen       // what the runtime tells of it
	cached  seen       // what the kubelet knows
	synced  seen       // what its sync began with
	stale   bool       // what it knows is of an older sandbox
	awaited []sim.Func // who waits for the runtime to show its end

	memory      *workingSet
	group       *cpu.Group
	steady      gauge.Gauge // cores besides the group's, over all lives
	boot        cpu.Task    // the CPU time of a start
	booting     int         // what a start still waits for
	leaking     float64
	serve       sim.Timer // listens
	crossing    sim.Timer // memory limit
	task        task
	finish      sim.Timer // ends by itself
	sigterm     sim.Timer // the runtime's signal
	sigkill     sim.Timer // end of the grace period
	backoff     backoff.Backoff
	bursts      bursts
	gpus        []int           // of the node that it was given
	gpuHeld     bool            // its process holds their memory
	peaking     bool            // holds the start's peak
	crash       sim.Timer       // ends by itself before its time
	again       sim.Timer       // its child process begins
	lostProcess bool            // to an OOM kill that left the container
	listeners   []sim.Func      // who waits for it to listen
	hooked      *rand.Rand      // the draws of its hooks
	stats       eviction.Sample // of its memory, as the node's statistics have them
	disk        *storage.Container

	looker Looker // nil when nobody looks at what it uses

	startup, readiness, liveness *probe
}

func newContainer(p *Pod, plan Plan, isInit bool) *Container {
	c := &Container{pod: p, plan: plan, isInit: isInit, work: plan.Work, shown: none(), cached: none()}
	if c.work == nil {
		c.work = noWork{}
	}
	limit := cgroups.MemoryLimit(p.spec, plan.Spec)
	c.memory = newWorkingSet(plan.Behaviour.Memory, limit, p.host.memory)
	c.memory.peaks.Length = p.host.block
	loop := p.host.loop
	c.group = p.host.newGroup(p.spec, plan.Spec, plan.Behaviour.CPU.Threads,
		func() *rand.Rand { return p.streams("quota/" + plan.Spec.Name) })
	c.serve.Init(loop, sim.PhaseMachine, c.loaded)
	c.memory.touch = c.touch
	c.group.OnStart(c.wake)
	c.crossing.Init(loop, sim.PhaseMachine, c.outOfMemory)
	c.finish.Init(loop, sim.PhaseMachine, c.worked)
	c.again.Init(loop, sim.PhaseMachine, c.fork)
	c.crash.Init(loop, sim.PhaseMachine, c.fail)
	c.bursts.init(c, cmp.Or(plan.Bursts, plan.Random))
	c.sigterm.Init(loop, sim.PhaseMachine, c.terminate)
	c.sigkill.Init(loop, sim.PhaseMachine, func(now sim.Time) { c.kill(now) })
	c.backoff.Longest = p.host.longestBackoff
	return c
}

// Name is the container's name.
func (c *Container) Name() string { return c.plan.Spec.Name }

// run begins a process life.
func (c *Container) run(now sim.Time) {
	c.touch(now)
	if c.gpus == nil {
		c.pod.host.devices.allocate(c)
	}
	c.state, c.started, c.closing, c.serving = running, now, false, false
	c.pending, c.message = "", ""
	c.restarts = c.lives
	c.lives++
	c.memory.start(now)
	c.leaking, c.lostProcess = c.plan.Behaviour.Memory.LeakPerSecond, false
	c.use(now, c.plan.Behaviour.CPU.Idle, c.memory.bytes, c.leaking)
	c.stats.Begin(now, c.memory.bytes)
	c.disk.Begin(now)
	c.pod.observer.Started(now, c.Name(), c.restarts)
	c.start(now)
	c.climb(now)
	c.bursts.start(now)
	c.doom(now)
	c.fork(now)
	c.crossing.Set(c.memory.crossing())
}

// show is the runtime's word that the container runs.
func (c *Container) show(now sim.Time) {
	c.stale = false
	c.shown = seen{life: c.lives - 1, running: true, started: c.started, before: c.shown.lastExit()}
	c.pod.changed(now)
	if c.state != running {
		c.unshow(now) // it is over already
	}
}

// unshow is the runtime's word that it has ended.
func (c *Container) unshow(now sim.Time) {
	if !c.shown.running {
		return
	}
	c.shown.running, c.shown.exit = false, c.last
	c.pod.changed(now)
	waiting := c.awaited
	c.awaited = nil
	for _, f := range waiting {
		f(now)
	}
}

// start begins what a process does before it listens.
func (c *Container) start(now sim.Time) {
	c.booting = 1
	c.serve.Set(now.Add(c.startTime()))
	if work := c.plan.Behaviour.CPU.Start; work != nil {
		c.booting++
		c.boot.Parallelism = c.plan.Behaviour.CPU.StartThreads
		c.group.Start(now, &c.boot, seconds(work.Sample(c.plan.Random)), c)
	}
}

// CPUDone is the end of the start's CPU time.
func (c *Container) CPUDone(now sim.Time) { c.booted(now) }

// loaded is the end of the start's time.
func (c *Container) loaded(now sim.Time) {
	c.climbed(now)
	c.booted(now)
}

// booted is the end of a part of the start.
func (c *Container) booted(now sim.Time) {
	if c.booting--; c.booting == 0 {
		c.listen(now)
	}
}

// startTime draws how long the process takes until it listens.
func (c *Container) startTime() time.Duration {
	b, r := c.plan.Behaviour, c.plan.Random
	var total float64
	if b.Start != nil {
		total += b.Start.Sample(r)
	}
	switch {
	case b.Model.Load != nil:
		total += b.Model.Load.Sample(r)
	case b.Model.BytesPerSecond > 0:
		total += float64(b.Model.Bytes) / b.Model.BytesPerSecond
	}
	return seconds(total)
}

// longest bounds what is drawn: a tail may go beyond what an int64 holds.
const longest = 100 * 366 * 24 * time.Hour

func seconds(s float64) time.Duration {
	return time.Duration(min(s*float64(time.Second), float64(longest)))
}

func (c *Container) listen(now sim.Time) {
	if c.peaking {
		c.peaking = false
		c.hold(now, -float64(c.plan.Behaviour.Memory.StartupPeak))
	}
	if !c.pod.host.devices.hold(now, c) {
		c.message = "CUDA out of memory: other containers hold the memory of its GPU"
		c.exit(now, causeGPUOOM, 1)
		return
	}
	c.serving = true
	c.work.Open(now, c.group)
	c.pod.observer.Serving(now, c.Name(), now.Sub(c.started))
	c.heard(now)
	c.begin(now)
}

// healthy reports whether a probe of the process succeeds.
func (c *Container) healthy(now sim.Time) bool {
	after := c.plan.Behaviour.UnhealthyAfter
	return c.serving && (after == 0 || now.Sub(c.started) < after)
}

// Requests tells how many requests are in flight, how many were served in this
// life, and the bytes kept of sessions.
func (c *Container) Requests(now sim.Time, inFlight int, served, sessionBytes int64) {
	if c.state != running {
		return
	}
	c.disk.Served(now, served)
	if change := c.memory.requests(now, inFlight, served, sessionBytes); change != 0 {
		c.held(now, change)
	}
}

// hold adds bytes to the working set, or takes them away.
func (c *Container) hold(now sim.Time, change float64) {
	c.memory.hold(now, change)
	c.held(now, change)
}

// held follows a change of the working set. The crossing of the limit may be
// early: what is freed later moves it away.
func (c *Container) held(now sim.Time, change float64) {
	// Memory comes page by page: of the limit and the node's end, that kills
	// which is reached first.
	first := c.memory.left()+change <= c.pod.host.left(now)
	if first {
		c.watch()
	}
	c.use(now, 0, change, 0)
	if !first {
		c.watch()
	}
}

// watch arms the crossing of the limit.
func (c *Container) watch() {
	if at := c.memory.crossing(); at < c.crossing.Deadline() || !c.crossing.Armed() {
		c.crossing.Set(at)
	}
}

// use books a change of what the container uses, with it and with its node.
func (c *Container) use(now sim.Time, cores, bytes, bytesPerSecond float64) {
	if c.state == running && bytes != 0 {
		c.stats.Pass(now, c.memory.bytes-bytes, c.leaking)
	}
	c.touch(now)
	c.steady.Add(now, cores, 0)
	c.pod.host.use(now, cores, bytes, bytesPerSecond)
	c.pod.memory.use(now, bytes, bytesPerSecond)
}

// CPUUse is how a container used its CPU over all its process lives.
type CPUUse struct {
	Request, Limit float64 // cores; 0 is none
	Seconds        float64 // core-seconds
	cpu.Stats
}

// CPUUse sums up to now.
func (c *Container) CPUUse(now sim.Time) CPUUse {
	c.touch(now)
	stats, r := c.group.Stats(now), c.plan.Spec.Resources
	return CPUUse{
		Request: r.Requests.Cpu().AsApproximateFloat64(), Limit: float64(cgroups.CPULimit(c.pod.spec, c.plan.Spec)) / 1000,
		Seconds: stats.Used.Seconds() + c.steady.Integral(now), Stats: stats,
	}
}

// Running reports whether a process of the container is alive.
func (c *Container) Running() bool { return c.state == running }

// outOfMemory fires at or before the crossing: requests that ended since it
// was armed may have moved it further away.
func (c *Container) outOfMemory(now sim.Time) {
	c.memory.advance(now)
	if at := c.memory.crossing(); at > now {
		c.crossing.Set(at)
		return
	}
	c.message = fmt.Sprintf("working set reached the limit of %d bytes", c.memory.limit)
	if c.pod.host.oneProcess && c.killChild(now) {
		return
	}
	c.exit(now, causeOOM, 137)
}

// terminate is SIGTERM.
func (c *Container) terminate(now sim.Time) {
	if c.state != running {
		return
	}
	switch {
	case c.plan.Behaviour.OnTerminate == Ignore:
		return
	case c.plan.Behaviour.OnTerminate == Exit || !c.serving:
		c.exit(now, c.pending, 143)
	default:
		c.serving = false
		c.pod.rouse(now)
		life := c.lives
		c.work.Close(now, func(at sim.Time) {
			if c.state == running && c.lives == life {
				c.exit(at, c.pending, 0)
			}
		})
	}
}

// kill is SIGKILL at the end of the grace period.
func (c *Container) kill(now sim.Time) {
	if c.pending == causeTerminated {
		c.pending = causeKilled
	}
	c.exit(now, c.pending, 137)
}

// exit ends the process life. The runtime shows it a little later.
func (c *Container) exit(now sim.Time, why cause, code int32) {
	if c.state != running {
		return
	}
	c.end(now, why, code)
	life := c.lives
	c.pod.after(now, draw(c.pod.host.runtime.Exit, c.pod.random()), func(now sim.Time) {
		if c.lives == life {
			c.unshow(now)
		}
	})
}

// end is the end of the process itself.
func (c *Container) end(now sim.Time, why cause, code int32) {
	c.memory.advance(now)
	held := c.memory.charged()
	if why == causeOOM {
		c.memory.kill()
	}
	c.pod.host.devices.release(now, c)
	lost := c.work.Kill(now) // which books the end of its requests' memory
	c.group.Kill(now)
	rest := c.memory.stop(now)
	c.disk.End(now)
	c.state, c.exitCode, c.serving, c.listeners = waiting, code, false, nil
	c.pod.rouse(now)
	named := c.reason(why, code)
	c.last = ended{known: true, at: now, code: code, reason: named}
	for _, t := range []*sim.Timer{&c.serve, &c.crossing, &c.finish, &c.sigterm, &c.sigkill, &c.bursts.next,
		&c.again, &c.crash} {
		t.Stop()
	}
	c.use(now, -c.plan.Behaviour.CPU.Idle, -rest, -c.leaking)
	limit := c.memory.limit
	if why == causePodOOM {
		limit = c.pod.memory.limit
	}
	c.pod.observer.Exited(now, c.Name(), Terminated{
		Code: code, Reason: named, Cause: string(why), Message: c.message,
		Uptime: now.Sub(c.started), Memory: int64(held), Limit: limit, InFlight: lost,
	})
	for _, p := range c.probes() {
		p.abort(now)
	}
}

// reason is what the runtime says of the end. Containerd notes the kernel's word that a
// process was OOM-killed, whichever it was, and says so of its end
// (internal/cri/server/events.go, TaskOOM; container_status.go, toCRIContainerStatus).
func (c *Container) reason(why cause, code int32) string {
	switch {
	case why == causeOOM || why == causePodOOM || why == causeSystemOOM || c.lostProcess:
		return "OOMKilled"
	case why == causeMachine:
		return "Unknown" // what the runtime says of containers that it finds dead
	case code == 0:
		return "Completed"
	default:
		return "Error"
	}
}
