package kubelet

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// Observer hears what happens to a pod on its node.
type Observer interface {
	// Waiting: a container can't run now.
	Waiting(now sim.Time, container, reason, message string)
	// Pulled: an image came to the node for this pod.
	Pulled(now sim.Time, image string, bytes int64, wait, took time.Duration)
	Started(now sim.Time, container string, restarts int32)
	Serving(now sim.Time, container string, took time.Duration)
	Exited(now sim.Time, container string, exit Terminated)
	ProbeFailed(now sim.Time, container, probe, message string)
	// Ready: the pod's Ready condition changed.
	Ready(now sim.Time, ready bool)
	// Finished: all containers ended for good.
	Finished(now sim.Time, phase v1.PodPhase)
	// Evicted: the node is short of memory. Finished follows when the
	// containers have ended.
	Evicted(now sim.Time, message string)
	// Gone: nothing of the pod is left on the node.
	Gone(now sim.Time)
}

// Pod is a pod on its node.
type Pod struct {
	host     *Host
	spec     *v1.Pod
	observer Observer
	init     []*Container
	main     []*Container

	ready    bool
	deleting bool
	deadline sim.Time // end of the grace period, when deleting
	finished bool
	gone     bool
	evicted  bool // by its node, which is short of memory
	down     bool // with its machine
	pulling  bool // an image is on its way; the pod's sync waits for it
	waits    map[string]string
}

// Run takes a bound pod: plans holds one Plan a container, init containers
// first, in the order of the spec.
func (h *Host) Run(now sim.Time, pod *v1.Pod, plans []Plan, observer Observer) *Pod {
	p := &Pod{host: h, spec: pod, observer: observer, waits: map[string]string{}}
	h.pods = append(h.pods, p)
	for i, plan := range plans {
		c := newContainer(p, plan)
		if i < len(pod.Spec.InitContainers) {
			p.init = append(p.init, c)
		} else {
			p.main = append(p.main, c)
		}
		c.addProbes(now)
	}
	p.sync(now)
	return p
}

// Containers lists the pod's containers, init containers first.
func (p *Pod) Containers() []*Container {
	return append(append([]*Container(nil), p.init...), p.main...)
}

// Container is the container of that name.
func (p *Pod) Container(name string) *Container {
	for _, list := range [...][]*Container{p.main, p.init} {
		for _, c := range list {
			if c.Name() == name {
				return c
			}
		}
	}
	return nil
}

func (p *Pod) isInit(c *Container) bool {
	for _, i := range p.init {
		if i == c {
			return true
		}
	}
	return false
}

// sync is the kubelet's SyncPod: it starts what may start now, in order, and
// brings the pod's conditions up to date.
func (p *Pod) sync(now sim.Time) {
	if p.gone || p.finished || p.down {
		return
	}
	if p.evicted {
		p.syncEvicted(now)
		return
	}
	if p.deleting {
		p.syncTerminating(now)
		return
	}
	if p.initialize(now) {
		for _, c := range p.main {
			if !p.start(now, c) && p.pulling {
				break // the pull holds up the containers after it
			}
		}
	}
	p.updateConditions(now)
}

// initialize runs the init containers one after the other and reports whether
// the main containers may start (computeInitContainerActions).
func (p *Pod) initialize(now sim.Time) bool {
	for _, c := range p.init {
		switch {
		case c.sidecar():
			p.start(now, c)
			if !c.isStarted() && !p.initialized() {
				return false
			}
		case c.state == exited:
		case c.state == waiting && c.lives > 0 && c.exitCode == 0:
			c.state = exited
		default:
			p.start(now, c)
			return false
		}
	}
	return true
}

// initialized reports whether a main container was ever created, after which
// sidecars no longer hold up the pod.
func (p *Pod) initialized() bool {
	for _, c := range p.main {
		if c.lives > 0 {
			return true
		}
	}
	return false
}

// start brings a container to life if nothing stands against it, and reports
// whether it runs.
func (p *Pod) start(now sim.Time, c *Container) bool {
	if c.state != waiting || p.pulling {
		return c.state == running
	}
	if c.lives > 0 {
		if !c.restartable() {
			c.state = exited
			return false
		}
		if at, wait := c.backoff.until(now, c.ended); wait {
			p.wait(now, c, "CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
				c.backoff.wait, c.Name(), p.spec.Name, p.spec.Namespace, p.spec.UID))
			c.retry.Set(at)
			return false
		}
	}
	pulled := false
	p.pulling = true
	p.host.images.ensure(now, c.plan.Spec.Image, c.plan.Behaviour.ImageSize, func(at sim.Time, got pull) {
		p.pulling = false
		if p.gone {
			return // the image stays on the node, but nobody waits for it
		}
		if !got.cached {
			p.observer.Pulled(at, c.plan.Spec.Image, c.plan.Behaviour.ImageSize, got.wait, got.took)
		}
		if pulled = at == now; !pulled {
			p.sync(at)
		}
	})
	if !pulled {
		p.wait(now, c, "ContainerCreating", "Pulling image "+c.plan.Spec.Image)
		return false
	}
	if !c.configure(now) {
		return false
	}
	if c.lives > 0 {
		c.backoff.next(now, c.ended)
	}
	delete(p.waits, c.Name())
	c.run(now)
	return true
}

// wait tells the observer why a container does not run, once a reason.
func (p *Pod) wait(now sim.Time, c *Container, reason, message string) {
	if p.waits[c.Name()] == reason+message {
		return
	}
	p.waits[c.Name()] = reason + message
	p.observer.Waiting(now, c.Name(), reason, message)
}

// updateConditions follows the containers: Ready when all are, finished when
// none will run again (status.GeneratePodReadyCondition, getPhase).
func (p *Pod) updateConditions(now sim.Time) {
	ready, over, failed := true, true, false
	for _, c := range p.main {
		ready = ready && c.isReady()
		over = over && c.state == exited
		failed = failed || c.exitCode != 0
	}
	for _, c := range p.init {
		if c.sidecar() {
			ready = ready && c.isReady()
		} else if c.state == exited && c.exitCode != 0 {
			ready, over, failed = false, true, true
			break
		}
	}
	if ready != p.ready {
		p.ready = ready
		p.observer.Ready(now, ready)
	}
	if over {
		p.finish(now, failed)
	}
}

func (p *Pod) finish(now sim.Time, failed bool) {
	p.finished = true
	p.host.forget(p)
	p.release(now)
	phase := v1.PodSucceeded
	if failed {
		phase = v1.PodFailed
	}
	p.observer.Finished(now, phase)
}

// release stops whatever the pod still has under way.
func (p *Pod) release(now sim.Time) {
	for _, c := range p.Containers() {
		for _, pr := range c.probes {
			pr.stop()
		}
		c.retry.Stop()
		if p.finished && c.state == running { // sidecars of a finished pod
			c.stop(now, causeTerminated, "", gracePeriod(p.spec, nil))
		}
	}
}

// Delete begins the graceful termination of the pod with the given grace
// period (kubelet.SyncTerminatingPod).
func (p *Pod) Delete(now sim.Time, grace time.Duration) {
	if p.deleting || p.gone {
		return
	}
	p.deleting, p.deadline = true, now.Add(grace)
	if p.evicted && !p.finished {
		return // it ends soon
	}
	for _, c := range p.main {
		c.retry.Stop()
		c.stop(now, causeTerminated, "Stopping container "+c.Name(), grace)
	}
	p.syncTerminating(now)
}

// syncTerminating stops sidecars in reverse order once the main containers are
// gone, and ends the pod when nothing runs.
func (p *Pod) syncTerminating(now sim.Time) {
	p.updateReadinessOnly(now)
	for _, c := range p.main {
		if c.state == running {
			return
		}
	}
	for i := len(p.init) - 1; i >= 0; i-- {
		c := p.init[i]
		c.retry.Stop()
		if c.state == running {
			c.stop(now, causeTerminated, "Stopping container "+c.Name(), max(0, p.deadline.Sub(now)))
			return
		}
	}
	p.gone = true
	p.host.forget(p)
	p.release(now)
	p.observer.Gone(now)
}

// updateReadinessOnly lets a terminating pod become unready.
func (p *Pod) updateReadinessOnly(now sim.Time) {
	if !p.ready {
		return
	}
	for _, c := range p.main {
		if !c.isReady() {
			p.ready = false
			p.observer.Ready(now, false)
			return
		}
	}
}
