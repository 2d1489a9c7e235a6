package kubelet

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
)

// result is what the results manager holds for a container.
type result uint8

const (
	unknown result = iota
	success
	failure
)

// probe is a worker of the prober for one container. It keeps one ticker from
// the pod's first sync on, through all lives of the container.
// Upstream: worker.run and worker.doProbe in pkg/kubelet/prober/worker.go.
type probe struct {
	kind      string // startup, liveness, readiness
	c         *Container
	spec      *v1.Probe
	result    result
	last      result
	run       int32
	onHold    bool
	began     sim.Time // the probed life, whole seconds as the status shows it
	ticker    sim.Timer
	period    time.Duration
	announced bool // a failure of this life was told to the observer

	answer   cpu.Task  // the CPU time of an answer
	deadline sim.Timer // timeoutSeconds
	slow     bool      // the last failure was that
}

// addProbes starts the workers of a container, as Manager.AddPod does.
func (c *Container) addProbes(now sim.Time) {
	add := func(kind string, spec *v1.Probe) *probe {
		if spec == nil {
			return nil
		}
		p := &probe{kind: kind, c: c, spec: spec, period: time.Duration(spec.PeriodSeconds) * time.Second}
		p.ticker.Init(c.pod.host.loop, sim.PhaseMachine, p.tick)
		p.deadline.Init(c.pod.host.loop, sim.PhaseRequest, p.late)
		p.ticker.Set(now.Add(p.period))
		c.probes = append(c.probes, p)
		return p
	}
	c.startup = add("startup", c.plan.Spec.StartupProbe)
	add("liveness", c.plan.Spec.LivenessProbe)
	c.ready = add("readiness", c.plan.Spec.ReadinessProbe)
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

// newLife resets the result for a new container and, for readiness, runs at
// once: the status update that follows the start triggers it when no startup
// probe holds it back (Manager.UpdatePodStatus).
func (p *probe) newLife(now sim.Time) {
	p.result, p.onHold, p.announced = p.initial(), false, false
	p.began = now - now%sim.Time(time.Second)
	if p.kind == "readiness" && p.c.startup == nil {
		p.trigger(now)
	}
}

// trigger probes out of turn and restarts the ticker from here.
func (p *probe) trigger(now sim.Time) {
	p.ticker.Set(now)
}

// stop ends the worker.
func (p *probe) stop() { p.ticker.Stop() }

// abort gives up a probe under way.
func (p *probe) abort() { p.deadline.Stop() }

// ask probes the process. It needs CPU to answer, and has timeoutSeconds.
func (p *probe) ask(now sim.Time) {
	work := p.c.plan.Behaviour.CPU.Probe
	p.slow = false
	if work <= 0 || !p.c.healthy(now) {
		p.probed(now, p.c.healthy(now))
		return
	}
	p.c.group.Start(now, &p.answer, seconds(work), p)
	p.deadline.Set(now.Add(time.Duration(max(p.spec.TimeoutSeconds, 1)) * time.Second))
}

// CPUDone is the answer.
func (p *probe) CPUDone(now sim.Time) {
	p.deadline.Stop()
	p.probed(now, p.c.healthy(now))
}

// late is the time-out of the prober; what the process does for it goes on no
// more, since it sees the connection closed.
func (p *probe) late(now sim.Time) {
	p.answer.Cancel(now)
	p.slow = true
	p.probed(now, false)
}

func (p *probe) tick(now sim.Time) {
	p.ticker.Set(now.Add(p.period))
	c := p.c
	if c.state != running {
		if c.lives > 0 {
			p.set(now, failure)
		}
		return
	}
	if c.pod.deleting && p.kind != "readiness" {
		p.result = success
		p.ticker.Stop()
		return
	}
	if p.onHold || int32(now.Sub(p.began)/time.Second) < p.spec.InitialDelaySeconds {
		return
	}
	if c.isStarted() == (p.kind == "startup") {
		return // startup is done, or the others wait for it
	}
	if !p.answer.Running() { // a worker does one probe at a time
		p.ask(now)
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
	if p.kind == "startup" || (p.kind == "liveness" && got == failure) {
		p.onHold, p.run = true, 0
	}
	p.set(now, got)
}

// set stores a result and lets the pod react to the change.
func (p *probe) set(now sim.Time, got result) {
	if p.result == got {
		return
	}
	p.result = got
	c := p.c
	if got == failure && c.state == running {
		c.pod.observer.ProbeFailed(now, c.Name(), p.kind, p.failureMessage())
		if p.kind != "readiness" {
			why := causeLiveness
			if p.kind == "startup" {
				why = causeStartup
			}
			message := fmt.Sprintf("Container %s failed %s probe, will be restarted", c.Name(), p.kind)
			c.stop(now, why, message, gracePeriod(c.pod.spec, p.spec))
		}
	}
	if p.kind == "startup" && got == success && c.ready != nil {
		c.ready.trigger(now)
	}
	c.pod.sync(now)
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
