package kubelet

import (
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// evictionGrace is how long the containers of a pod have that the node evicts at
// a hard threshold (immediateEvictionGracePeriodSeconds in
// pkg/kubelet/eviction/eviction_manager.go); killContainer makes 2 s of it.
const evictionGrace = time.Second

// leastGrace is what termination gets at least (pod_workers.go,
// calculateEffectiveGracePeriod: "we always supply a grace period of 1").
const leastGrace = time.Second

// Delete is the deletion of the pod with a grace period, as its kubelet hears of
// it. What the kubelet is doing with the pod is finished first.
func (p *Pod) Delete(now sim.Time, grace time.Duration) {
	if p.deleting || p.gone {
		return
	}
	p.deleting = true
	if p.worker.stage == finished {
		p.tell(now) // the API server would have removed it at once
		return
	}
	p.terminate(now, grace)
}

// Remove is the deletion of the pod's object without grace: its containers get
// SIGTERM and, soon after, SIGKILL, and nobody is told (kubelet.go,
// HandlePodRemoves).
func (p *Pod) Remove(now sim.Time) {
	if p.gone {
		return
	}
	p.gone, p.forced = true, true
	p.report.Stop()
	p.held.Stop()
	if p.down {
		p.host.forget(p)
		return
	}
	p.terminate(now, leastGrace)
}

// Evict ends the pod for good, with little grace.
func (p *Pod) Evict(now sim.Time, message string, why Choice) {
	if p.evicted || p.gone || p.down || p.worker.stage == finished {
		return
	}
	p.evicted = true
	p.observer.Evicted(now, message, why)
	p.terminate(now, evictionGrace)
}

// terminate asks the worker to end the pod. The grace period can only decrease.
func (p *Pod) terminate(now sim.Time, grace time.Duration) {
	w := &p.worker
	if grace = max(grace, leastGrace); !w.graced || grace < w.grace {
		w.grace, w.graced = grace, true
	}
	w.ending = true
	if p.host.fake { // which waits for nothing
		p.crashes++
		w.busy, w.waiting = false, false
	}
	p.update(now)
}

// syncTerminating is SyncTerminatingPod of pkg/kubelet/kubelet.go: it stops all
// containers and the sandbox, and has what the runtime then shows as the pod's last
// status. The pod stays as ready as its containers until then.
func (p *Pod) syncTerminating(now sim.Time) {
	s := p.generate(false, false)
	if p.evicted || p.shut && s.Phase != v1.PodSucceeded {
		s.Phase = v1.PodFailed // which is told when all has ended; the pod stays Ready until then
	}
	p.setStatus(now, s)
	p.trigger(now, &s)
	for _, c := range p.main { // not of sidecars: StopLivenessAndStartup
		c.liveness.stop()
		c.startup.stop()
	}
	var grace *time.Duration
	if p.worker.graced {
		grace = &p.worker.grace
	}
	p.killPod(now, grace, func(now sim.Time) {
		for _, c := range p.all {
			c.stopProbes()
		}
		p.worker.stage = terminated
		p.setStatus(now, p.generate(true, true))
		p.batch(now)
		p.host.forget(p)
		p.host.pressure.killed(now, p)
		p.synced(now, results{transition: true})
	})
}

// syncTerminated is SyncTerminatedPod: volumes and cgroups go, and the worker is
// done with the pod. Its object goes then, if it is to be deleted.
func (p *Pod) syncTerminated(now sim.Time) {
	p.setStatus(now, p.generate(false, true))
	p.after(now, draw(p.host.runtime.Cleanup, p.random()), func(now sim.Time) {
		p.worker.stage, p.worker.busy = finished, false
		defer p.host.shutdown.ended(now, p)
		p.deadline.loop.Stop()
		p.worker.resync.Stop()
		p.look.Stop()
		p.held.Stop()
		if !p.status.terminal() {
			p.status.Phase = v1.PodFailed // TerminatePod of pkg/kubelet/status/status_manager.go
		}
		if !p.gone {
			p.tell(now)
		}
	})
}

// Finished reports whether the kubelet is done with the pod.
func (p *Pod) Finished() bool { return p.worker.stage == finished }
