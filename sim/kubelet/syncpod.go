package kubelet

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
)

// syncPod is SyncPod of pkg/kubelet/kubelet.go: it tells how the pod is, has what
// is not Ready probed at once, and lets the runtime manager do what is to be done.
func (p *Pod) syncPod(now sim.Time) {
	p.deadline.begin(now, p)
	s := p.generate(false, false)
	if !s.terminal() && p.asksFor() && p.lost(now) {
		p.setStatus(now, s)
	} else {
		p.setStatus(now, s)
		p.trigger(now, &s)
	}
	if s.terminal() {
		p.worker.ending, p.worker.stage = true, terminating // completeSync
		p.synced(now, results{transition: true})
		return
	}
	p.addProbes(now)
	for _, c := range p.all {
		c.synced = c.cached
	}
	r := &results{until: sim.Never}
	p.perform(now, p.compute(), r, func(now sim.Time) { p.synced(now, *r) })
}

// asksFor reports whether the sync will ask for a probe of a runtime container
// that was not probed yet.
func (p *Pod) asksFor() bool {
	for _, c := range p.all {
		if c.readiness != nil && c.cached.running && c.readiness.life != c.cached.life {
			return true
		}
	}
	return false
}

// lost draws whether the probes run before the status is stored. They then find
// no container, and count their period anew.
func (p *Pod) lost(now sim.Time) bool {
	if p.retries().Float64() >= p.host.runtime.LostTrigger {
		return false
	}
	s := p.generate(false, false)
	p.trigger(now, &s)
	return true
}

// trigger asks for a probe of all that has started and is not Ready
// (prober_manager.go, UpdatePodStatus).
func (p *Pod) trigger(now sim.Time, s *Status) {
	for i, c := range p.all {
		if own := &s.Containers[i]; own.Running && own.Started && !own.Ready && c.readiness != nil {
			c.readiness.trigger(now)
		}
	}
}

// unready reports whether a later sync would ask for a probe.
func (p *Pod) unready() bool {
	if !p.hasStatus || p.worker.stage != syncing {
		return false
	}
	for i, c := range p.all {
		if own := &p.status.Containers[i]; own.Running && own.Started && !own.Ready && c.readiness != nil {
			return true
		}
	}
	return false
}

// remakes reports whether a later sync would make a worker of a probe that has ended
// with its container anew, whose first result is a change.
func (p *Pod) remakes() bool {
	for _, c := range p.all {
		probes := c.startup != nil || c.readiness != nil || c.liveness != nil
		if probes && c.cached.exited() && !c.restartable() {
			return true
		}
	}
	return false
}

// perform does the actions one after the other and calls done at the end.
// Upstream: SyncPod in pkg/kubelet/kuberuntime/kuberuntime_manager.go.
func (p *Pod) perform(now sim.Time, a actions, r *results, done sim.Func) {
	start := func(now sim.Time) { p.startAll(now, a.init, a.main, r, done) }
	create := func(now sim.Time) {
		if !a.createSandbox {
			start(now)
			return
		}
		r.actions++
		p.host.starts.Add(now, draw(p.host.runtime.Sandbox, p.random()), p.alive(func(now sim.Time) {
			p.box = sandboxReady
			p.changed(now)
			start(now)
		}))
	}
	switch {
	case a.killPod && p.boxCached == noSandbox:
		r.actions++ // there is nothing to stop
		create(now)
	case a.killPod:
		r.actions++
		p.killPod(now, nil, create)
	default:
		p.killEach(now, a.kill, r, create)
	}
}

// killEach kills containers one after the other.
func (p *Pod) killEach(now sim.Time, list []killing, r *results, done sim.Func) {
	if len(list) == 0 {
		done(now)
		return
	}
	r.actions++
	k := list[0]
	p.killContainer(now, k.c, k.c.cached.life, k.why, k.message, nil, nil,
		func(now sim.Time) { p.killEach(now, list[1:], r, done) })
}

// startAll starts init containers, then the others, one after the other. An init
// container that can't be started ends that, unless it is a sidecar.
func (p *Pod) startAll(now sim.Time, init, main []*Container, r *results, done sim.Func) {
	switch {
	case len(init) > 0:
		c := init[0]
		p.start(now, c, r, func(now sim.Time, ok bool) {
			if !ok && !c.sidecar() {
				done(now)
				return
			}
			p.startAll(now, init[1:], main, r, done)
		})
	case len(main) > 0:
		p.start(now, main[0], r, func(now sim.Time, _ bool) { p.startAll(now, nil, main[1:], r, done) })
	default:
		done(now)
	}
}

// start starts one container: back-off, image, configuration, process, postStart
// hook (kuberuntime_container.go, startContainer). Then is called when it runs, or
// can't.
func (p *Pod) start(now sim.Time, c *Container, r *results, then func(now sim.Time, ok bool)) {
	r.actions++
	if p.backsOff(now, c, r) {
		then(now, false)
		return
	}
	p.pull(now, c, func(now sim.Time, ok bool) {
		if !ok || !c.configure(now) {
			r.fail(sim.Never)
			then(now, false)
			return
		}
		p.host.starts.Add(now, draw(p.host.runtime.Container, p.random()), p.alive(func(now sim.Time) {
			p.begin(now, c, r, then)
		}))
	})
}

// backsOff is doBackOff of kuberuntime_manager.go. It goes by the newest exited
// runtime container that the sync began with: after a kill in this very sync that is
// the one before.
func (p *Pod) backsOff(now sim.Time, c *Container, r *results) bool {
	last := c.synced.lastExit()
	if !last.known {
		return false
	}
	if at, wait := c.backoff.Until(now, last.at); wait {
		p.wait(now, Waiting{c.Name(), "CrashLoopBackOff", fmt.Sprintf(
			"back-off %s restarting failed container=%s pod=%s_%s(%s)", c.backoff.Wait, c.Name(), p.spec.Name,
			p.spec.Namespace, p.spec.UID), last.at, at})
		r.fail(at)
		return true
	}
	c.backoff.Next(now, last.at)
	return false
}

// begin is the container's process, and what the kubelet waits for from there: the
// runtime's answer, and the postStart hook. The sync fails with the hook, after a kill
// with the preStop hook.
func (p *Pod) begin(now sim.Time, c *Container, r *results, then func(now sim.Time, ok bool)) {
	delete(p.waits, c.Name())
	c.run(now)
	p.after(now, draw(p.host.runtime.Started, p.random()), func(now sim.Time) {
		c.show(now)
		c.postStart(now, c.shown.life, func(now sim.Time, ok bool) {
			if ok {
				then(now, true)
				return
			}
			r.fail(sim.Never)
			p.killContainer(now, c, c.shown.life, causeHook, "FailedPostStartHook", nil, nil,
				func(now sim.Time) { then(now, false) })
		})
	})
}

// wait tells the observer why a container does not run, once a reason.
func (p *Pod) wait(now sim.Time, w Waiting) {
	if p.waits[w.Container] == w.Reason+w.Message {
		return
	}
	p.waits[w.Container] = w.Reason + w.Message
	p.observer.Waiting(now, w)
}
