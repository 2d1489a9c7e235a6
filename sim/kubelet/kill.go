package kubelet

import (
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// killPod kills all containers that the cache shows to run, at the same time, and
// takes down the sandbox when they have ended (killPodWithSyncResult in
// kuberuntime_manager.go, killContainersWithSyncResult in kuberuntime_container.go).
// Grace is what they have; nil is what each asks for.
func (p *Pod) killPod(now sim.Time, grace *time.Duration, done sim.Func) {
	var list []*Container
	for _, c := range p.all {
		if c.cached.running {
			list = append(list, c)
		}
	}
	stop := func(now sim.Time) {
		p.after(now, draw(p.host.runtime.StopSandbox, p.random()), func(now sim.Time) {
			if p.box == sandboxReady {
				p.box = sandboxNotReady
				p.changed(now)
			}
			done(now)
		})
	}
	if len(list) == 0 {
		stop(now)
		return
	}
	left, order := len(list), newOrdering(p, list)
	for _, c := range list {
		p.killContainer(now, c, c.cached.life, p.ends(), "Stopping container "+c.Name(), grace, order, func(now sim.Time) {
			if left--; left == 0 {
				stop(now)
			}
		})
	}
}

// ends is the cause of a kill of a container of the pod at this moment.
func (p *Pod) ends() cause {
	switch {
	case p.evicted:
		return causeEvicted
	case p.forced:
		return causeForced
	}
	return causeTerminated
}

// killContainer is that of kuberuntime_container.go: the preStop hook, the
// container's turn, SIGTERM, and SIGKILL when the grace period is over. The time
// that hook and turn took is taken off in whole seconds, and 2 s are always left.
func (p *Pod) killContainer(now sim.Time, c *Container, life int32, why cause, message string, grace *time.Duration,
	order *ordering, done sim.Func) {
	p.observer.Killing(now, c.Name(), message)
	length := gracePeriod(p.spec, c.probeSpec(why))
	if grace != nil {
		length = *grace
	}
	c.closing = true
	stop := func(now sim.Time) {
		p.stopContainer(now, c, life, why, message, max(length, minimumGracePeriod), func(now sim.Time) {
			if order != nil {
				order.terminated(now, c)
			}
			done(now)
		})
	}
	turn := func(now sim.Time) {
		if order == nil || length <= 0 {
			stop(now)
			return
		}
		order.wait(now, c, length, func(at sim.Time) {
			length -= at.Sub(now).Truncate(time.Second)
			stop(at)
		})
	}
	if length <= 0 {
		turn(now)
		return
	}
	c.preStop(now, life, length, func(at sim.Time) {
		length -= at.Sub(now).Truncate(time.Second)
		turn(at)
	})
}

// probeSpec is the probe that a cause comes of.
func (c *Container) probeSpec(why cause) *v1.Probe {
	switch why {
	case causeLiveness:
		return c.plan.Spec.LivenessProbe
	case causeStartup:
		return c.plan.Spec.StartupProbe
	}
	return nil
}

// stopContainer is the runtime's StopContainer: SIGTERM, SIGKILL after the grace
// period, and the answer when the runtime sees the process gone.
func (p *Pod) stopContainer(now sim.Time, c *Container, life int32, why cause, message string, grace time.Duration,
	done sim.Func) {
	if !c.shown.running || c.shown.life != life {
		done(now)
		return
	}
	c.onShown(now, life, done)
	if c.state != running {
		return // it has ended by itself, and the runtime is about to see that
	}
	c.pending, c.message = why, message
	c.sigterm.Set(now.Add(draw(p.host.runtime.Signal, p.random())))
	c.sigkill.Set(now.Add(grace))
}

// onShown calls f when the runtime shows that a runtime container has ended, or at
// once if it does.
func (c *Container) onShown(now sim.Time, life int32, f sim.Func) {
	if !c.shown.running || c.shown.life != life {
		f(now)
		return
	}
	c.awaited = append(c.awaited, c.pod.alive(f))
}

// ordering makes sidecars end after the main containers, and in the reverse order
// of their start (kuberuntime_termination_order.go). It is nil in a pod without.
type ordering struct {
	pod   *Pod
	runs  map[*Container]bool
	queue []turn
}

// turn is a container that waits for others.
type turn struct {
	c    *Container
	then sim.Func
}

func newOrdering(p *Pod, running []*Container) *ordering {
	if !p.hasSidecar() {
		return nil
	}
	o := &ordering{pod: p, runs: map[*Container]bool{}}
	for _, c := range running {
		o.runs[c] = true
	}
	return o
}

func (p *Pod) hasSidecar() bool {
	for _, c := range p.init {
		if c.sidecar() {
			return true
		}
	}
	return false
}

// free reports whether a container waits for none: a sidecar does for all main
// containers and for the sidecar after it.
func (o *ordering) free(c *Container) bool {
	if !c.isInit || !c.sidecar() {
		return true
	}
	for _, m := range o.pod.main {
		if o.runs[m] {
			return false
		}
	}
	after := false
	for _, s := range o.pod.init {
		if after && s.sidecar() {
			return !o.runs[s]
		}
		after = after || s == c
	}
	return true
}

// wait calls then when it is the container's turn, at the latest when the grace
// period is over.
func (o *ordering) wait(now sim.Time, c *Container, grace time.Duration, then sim.Func) {
	if o.free(c) {
		then(now)
		return
	}
	called := false
	once := func(now sim.Time) {
		if !called {
			called = true
			then(now)
		}
	}
	o.queue = append(o.queue, turn{c, once})
	o.pod.after(now, grace, once)
}

// terminated lets those go whose turn it is when a container has ended.
func (o *ordering) terminated(now sim.Time, c *Container) {
	delete(o.runs, c)
	for _, t := range o.queue {
		if o.free(t.c) {
			t.then(now)
		}
	}
}
