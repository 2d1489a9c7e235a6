package kubelet

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
)

// result is what the results manager holds for a runtime container.
type result uint8

const (
	unset result = iota // nothing is held
	unknown
	success
	failure
)

// probe is a worker of the prober for one container. It keeps one ticker from the
// pod's first sync on, through all lives of the container, and goes by what the
// kubelet has stored of it, not by what it does.
// Upstream: worker.run and worker.doProbe in pkg/kubelet/prober/worker.go.
type probe struct {
	kind   string // startup, liveness, readiness
	c      *Container
	spec   *v1.Probe
	life   int32 // the runtime container that it knows; -1 is none
	result result
	last   result
	run    int32
	onHold bool
	ended  bool
	ticker sim.Timer
	period time.Duration
	turn   int      // among the probes of the pod, in which those of one instant come
	rests  bool     // no tick can change anything, see rest.go
	next   sim.Time // the first tick that is left out while it rests

	asks     bool      // a probe of it is under way
	again    bool      // another was asked for meanwhile
	wanted   bool      // a sync asked for the next
	asked    bool      // one asked for that which runs, or ran last
	out      bool      // the next is out of turn
	twice    bool      // another was asked for in the instant of a tick
	answer   cpu.Task  // the CPU time of an answer
	deadline sim.Timer // timeoutSeconds
	slow     bool      // the last failure was that
}

// addProbes makes the workers of a container that are not there: none is yet, or one has
// ended with its container, which every sync of the pod makes anew, up to the first that
// goes on (Manager.AddPod). Each looks at once, and then at every tick.
func (c *Container) addProbes(now sim.Time) {
	for _, w := range [...]struct {
		kind   string
		spec   *v1.Probe
		worker **probe
	}{
		{"startup", c.plan.Spec.StartupProbe, &c.startup}, {"readiness", c.plan.Spec.ReadinessProbe, &c.readiness},
		{"liveness", c.plan.Spec.LivenessProbe, &c.liveness},
	} {
		switch {
		case w.spec == nil:
			continue
		case !(*w.worker).gone():
			return
		}
		p := &probe{kind: w.kind, c: c, spec: w.spec, life: -1, last: success,
			period: time.Duration(w.spec.PeriodSeconds) * time.Second}
		p.ticker.Init(c.pod.host.loop, sim.PhaseMachine, p.tick)
		p.deadline.Init(c.pod.host.loop, sim.PhaseRequest, p.late)
		p.ticker.Set(now.Add(c.pod.spread(now, p.period)))
		c.pod.probes = slices.DeleteFunc(c.pod.probes, func(o *probe) bool { return o == *w.worker })
		c.pod.probes = append(c.pod.probes, p)
		c.pod.turns++
		p.turn = c.pod.turns
		*w.worker = p
	}
}

// probes are the workers that were made.
func (c *Container) probes() (list []*probe) {
	for _, p := range [...]*probe{c.startup, c.readiness, c.liveness} {
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

// spread is how much later a worker begins when its kubelet has started a short
// time ago: worker.run waits a part of the period then, drawn at random.
func (p *Pod) spread(now sim.Time, period time.Duration) time.Duration {
	if h := p.host; !h.restarted || now.Sub(h.begun) >= period {
		return 0
	}
	return time.Duration(p.retries().Float64() * float64(period))
}

// initial is the result while nothing was probed (newWorker).
func (p *probe) initial() result {
	switch p.kind {
	case "startup":
		return unknown
	case "liveness":
		return success
	default:
		return failure
	}
}

// of is the result for a runtime container.
func (p *probe) of(life int32) result {
	if p == nil || p.life != life {
		return unset
	}
	return p.result
}

// gone reports whether there is no worker: no probe, or one that has ended.
func (p *probe) gone() bool { return p == nil || p.ended }

// trigger probes out of turn and counts the period anew from here.
func (p *probe) trigger(now sim.Time) {
	switch {
	case p.ended:
	case p.asks:
		p.again = true
	case p.ticker.Armed() && p.ticker.Deadline() == now && !p.rests && !p.out:
		p.twice = true // its tick is in this very instant, too
	default:
		p.rests, p.out, p.wanted = false, true, true
		p.ticker.Set(now)
	}
}

// stop ends the worker, and what it knows with it.
func (p *probe) stop() {
	if p != nil && !p.ended {
		p.ended, p.life, p.asks, p.rests = true, -1, false, false
		p.ticker.Stop()
		p.deadline.Stop()
	}
}

func (p *probe) tick(now sim.Time) {
	p.rests, p.out = false, false
	p.ticker.Set(now.Add(p.period))
	if !p.asks { // a worker does one probe at a time
		p.asked, p.wanted = p.wanted, false
		p.c.pod.ticking = p.turn
		p.do(now)
		p.c.pod.ticking = 0
	}
	if p.twice {
		p.twice = false
		p.trigger(now)
	}
	p.rest(now)
}

// do is doProbe: what the kubelet has stored of the container says whether it is
// probed.
func (p *probe) do(now sim.Time) {
	c := p.c
	s := c.stored()
	switch {
	case s == nil || s.Life < 0:
		return
	case c.pod.status.terminal():
		p.stop()
		return
	}
	if p.life != s.Life {
		p.life, p.result, p.onHold = s.Life, unset, false
		if s.Running { // else its first result comes with the failure below
			p.begin(now)
		}
	}
	switch {
	case p.onHold:
	case !s.Running:
		life, known := p.life, p.result == failure
		p.result = failure
		if !c.sidecar() && !c.restartable() {
			p.stop() // and a sync makes a new one
		}
		if !known {
			p.tell(now, life, failure)
		}
	case int32(now.Sub(wholeSecond(s.Since))/time.Second) < p.spec.InitialDelaySeconds:
	case s.Started == (p.kind == "startup"): // it is done, or the others wait for it
	default:
		p.ask(now)
	}
}

// begin is the first result of a runtime container that the worker did not know. It
// makes the pod be synced. When it comes while the sync that asked for the probe still
// runs, it is one with the update that waits for that.
func (p *probe) begin(now sim.Time) {
	w := &p.c.pod.worker
	if p.kind == "readiness" && w.waiting && w.last == now &&
		p.c.pod.retries().Float64() >= p.c.pod.host.runtime.LateResult {
		p.result = p.initial()
		return
	}
	p.set(now, p.initial())
}

// stored is what the status manager has of the container.
func (c *Container) stored() *ContainerStatus {
	if !c.pod.hasStatus {
		return nil
	}
	for i, o := range c.pod.all {
		if o == c {
			return &c.pod.status.Containers[i]
		}
	}
	return nil
}

// ask probes the process. It needs CPU to answer, and has timeoutSeconds.
func (p *probe) ask(now sim.Time) {
	work, healthy := p.c.plan.Behaviour.CPU.Probe, p.c.healthy(now) && p.reaches()
	p.slow = false
	if news := (p.result == success) != healthy; news && (work <= 0 || !healthy) {
		// It takes a moment: what others find in the same instant, and the syncs that
		// they ask for, are before it.
		p.asks = true
		p.c.pod.host.loop.At(now+1, sim.PhaseMachine, sim.Func(func(now sim.Time) {
			if p.asks {
				p.answered(now, healthy)
			}
		}))
		return
	}
	if work <= 0 || !healthy {
		p.probed(now, healthy)
		return
	}
	p.asks = true
	p.c.group.Start(now, &p.answer, seconds(work), p)
	p.deadline.Set(now.Add(time.Duration(max(p.spec.TimeoutSeconds, 1)) * time.Second))
}

// reaches reports whether the probe gets to the process: a command runs in the runtime
// container that the worker knows, others go to the pod's address, where a newer one
// may answer.
func (p *probe) reaches() bool { return p.spec.Exec == nil || p.life == p.c.lives-1 }

// CPUDone is the answer.
func (p *probe) CPUDone(now sim.Time) { p.answered(now, p.c.healthy(now) && p.reaches()) }

// late is the time-out of the prober; what the process does for it goes on no
// more, since it sees the connection closed.
func (p *probe) late(now sim.Time) {
	p.answer.Cancel(now)
	p.slow = true
	p.answered(now, false)
}

// abort is the end of the process that is probed.
func (p *probe) abort(now sim.Time) {
	if p.asks {
		p.answered(now, false)
	}
}

func (p *probe) answered(now sim.Time, ok bool) {
	p.deadline.Stop()
	p.asks = false
	p.probed(now, ok)
	if p.again && !p.ended {
		p.again, p.wanted = false, true
		p.ticker.Set(now)
	}
}

// probed books one probe and acts when a threshold is reached.
func (p *probe) probed(now sim.Time, ok bool) {
	got, threshold := failure, p.spec.FailureThreshold
	if ok {
		got, threshold = success, p.spec.SuccessThreshold
	}
	if p.last == got {
		p.run++
	} else {
		p.last, p.run = got, 1
	}
	if p.run < threshold {
		return
	}
	run := p.run
	if p.kind == "startup" || (p.kind == "liveness" && got == failure) {
		p.onHold, p.run = true, 0
	}
	if got == failure && p.result != failure {
		p.c.pod.observer.ProbeFailed(now, p.c.Name(), p.kind, p.failureMessage(), int(run))
	}
	if got == success && p.result != success && p.kind != "liveness" { // which counts as passed from the start
		p.c.pod.observer.ProbePassed(now, p.c.Name(), p.kind, p.asked)
	}
	p.set(now, got)
}

// set stores a result.
func (p *probe) set(now sim.Time, got result) {
	if p.result != got {
		p.result = got
		p.tell(now, p.life, got)
	}
}

// tell makes the kubelet's loop sync the pod for a new result: a liveness probe's when
// it is a failure, the others' always (kubelet.go, syncLoopIteration and
// handleProbeSync).
func (p *probe) tell(now sim.Time, life int32, got result) {
	c := p.c
	switch p.kind {
	case "liveness":
		if got != failure {
			return
		}
	case "readiness":
		c.pod.setReadiness(now, c, life, got == success)
	case "startup":
		c.pod.setStarted(now, c, life, got == success)
	}
	c.pod.update(now)
}

func (p *probe) failureMessage() string {
	switch {
	case !p.c.serving:
		return "connection refused"
	case p.slow:
		return "context deadline exceeded"
	default:
		return "health check failed"
	}
}

// stopProbes ends the workers of a container.
func (c *Container) stopProbes() {
	for _, p := range c.probes() {
		p.stop()
	}
}
