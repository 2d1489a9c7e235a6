package kubelet

import (
	"math/rand/v2"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet/hooks"
)

// HookEnd is the end of a hook: preStop or postStart, how long it took, whether it failed,
// and whether it was given up with the grace period.
type HookEnd struct {
	Name        string
	Took        time.Duration
	Failed, Cut bool
}

// preStop waits for the container's preStop hook, which has its grace period
// (kuberuntime_container.go, executePreStopHook). That it fails changes nothing.
func (c *Container) preStop(now sim.Time, life int32, most time.Duration, then sim.Func) {
	spec := c.plan.Spec.Lifecycle
	if spec == nil || spec.PreStop == nil {
		then(now)
		return
	}
	said, _ := hooks.PreStop(spec.PreStop)
	c.runHook(now, &hookRun{name: "preStop", hook: c.plan.Behaviour.Hooks.PreStop.Or(said), handler: spec.PreStop,
		life: life, most: most, then: func(now sim.Time, _ bool) { then(now) }})
}

// postStart waits for the container's postStart hook, and tells whether it went well
// (kuberuntime_container.go, startContainer).
func (c *Container) postStart(now sim.Time, life int32, then func(now sim.Time, ok bool)) {
	spec := c.plan.Spec.Lifecycle
	if spec == nil || spec.PostStart == nil {
		then(now, true)
		return
	}
	said, _ := hooks.PostStart(spec.PostStart)
	c.runHook(now, &hookRun{name: "postStart", hook: c.plan.Behaviour.Hooks.PostStart.Or(said), handler: spec.PostStart,
		life: life, most: longest, then: then})
}

// hookRun is a hook that runs, for at most a time. One that needs the container fails when
// that ends; the kubelet sleeps by itself (pkg/kubelet/lifecycle/handlers.go, Run).
type hookRun struct {
	name    string
	begun   sim.Time
	c       *Container
	hook    hooks.Hook
	handler *v1.LifecycleHandler
	life    int32
	most    time.Duration
	then    func(now sim.Time, ok bool)
	ended   bool
	fails   bool
}

func (c *Container) runHook(now sim.Time, r *hookRun) {
	r.c, r.begun = c, now
	lasts, rate := r.most, r.hook.FailureRate
	r.fails = rate >= 1 || rate > 0 && c.chance().Float64() < rate
	switch law := r.hook.Takes.(type) {
	case nil:
	case distribution.Constant:
		lasts = min(seconds(float64(law)), lasts)
	default:
		lasts = min(seconds(law.Sample(c.chance())), lasts)
	}
	if target := c.pod.listener(c, r.handler); target != nil && !target.serving {
		r.end(now, false) // connection refused
		return
	}
	if lasts <= 0 {
		r.end(now, !r.fails)
		return
	}
	if r.handler.Sleep == nil {
		c.onShown(now, r.life, func(now sim.Time) { r.end(now, false) })
	}
	switch r.hook.Until {
	case hooks.Idle:
		c.onIdle(now, func(now sim.Time) { r.end(now, !r.fails) })
	case hooks.Listens:
		c.onListening(now, func(now sim.Time) { r.end(now, !r.fails) })
	}
	if !r.ended && lasts < longest {
		cut := lasts == r.most
		c.pod.after(now, lasts, func(now sim.Time) { r.over(now, !r.fails, cut) })
	}
}

// end is the end of the hook.
func (r *hookRun) end(now sim.Time, ok bool) { r.over(now, ok, false) }

// over is the end of the hook, or of the time that it has.
func (r *hookRun) over(now sim.Time, ok, cut bool) {
	if r.ended {
		return
	}
	r.ended = true
	r.c.pod.observer.Hooked(now, r.c.Name(), HookEnd{r.name, now.Sub(r.begun), !ok, cut})
	r.then(now, ok)
}

// chance are the draws of the container's hooks.
func (c *Container) chance() *rand.Rand {
	if c.hooked == nil {
		c.hooked = c.pod.streams("hooks/" + c.Name())
	}
	return c.hooked
}

// listener is the container that a request of a hook goes to: the one that names its
// port, or else the hook's own; nil when it is no request to the pod.
func (p *Pod) listener(c *Container, handler *v1.LifecycleHandler) *Container {
	if !hooks.Asks(handler) {
		return nil
	}
	port := handler.HTTPGet.Port
	for _, o := range p.all {
		if o != c && slices.ContainsFunc(o.plan.Spec.Ports, func(own v1.ContainerPort) bool {
			return own.ContainerPort == port.IntVal && port.StrVal == ""
		}) {
			return o
		}
	}
	return c
}

// onIdle calls f as soon as the container has no request in flight, unless it ends before.
func (c *Container) onIdle(now sim.Time, f sim.Func) {
	if c.state == running {
		c.work.Idle(now, c.pod.alive(f))
	}
}

// onListening calls f as soon as the container's process listens, unless it ends before.
func (c *Container) onListening(now sim.Time, f sim.Func) {
	switch {
	case c.serving:
		f(now)
	case c.state == running:
		c.listeners = append(c.listeners, c.pod.alive(f))
	}
}

// heard lets those go on who wait for the process to listen.
func (c *Container) heard(now sim.Time) {
	waiting := c.listeners
	c.listeners = nil
	for _, f := range waiting {
		f(now)
	}
}
