package kubelet

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet/backoff"
)

// Exit codes of processes that nobody asked to end.
const (
	codeKilled  = 137 // SIGKILL
	codeUnknown = 255 // what the runtime gives a container that it finds dead after a reboot
)

// Crash is the end of the machine with all its pods: what it pulls and starts is
// lost; images that it has stay.
func (h *Host) Crash(now sim.Time) {
	h.images.Crash()
	h.starts.Crash()
	h.pressure.crash()
	h.shutdown.crash()
	for _, p := range h.pods {
		p.Crash(now)
	}
}

// Boot is the start of the kubelet after that, before it takes up its pods.
func (h *Host) Boot(now sim.Time) {
	h.begun, h.restarted = now, true
	h.pressure.boot(now)
}

// Crash is the end of the pod's machine: its processes die at once and the
// kubelet tells nobody. Restart brings the pod back.
func (p *Pod) Crash(now sim.Time) {
	if p.down || p.worker.stage == finished {
		return
	}
	p.down = true
	p.crashes++
	p.look.Stop()
	p.report.Stop()
	p.held.Stop()
	p.worker.resync.Stop()
	p.deadline.loop.Stop()
	for _, c := range p.all {
		c.stopProbes()
		if c.state == running {
			c.message = ""
			c.end(now, causeMachine, codeUnknown)
		}
		c.awaited = nil
	}
}

// Restart is the kubelet's first sync of the pod after its machine came back: the
// sandbox is gone, so init containers run again and all others start anew, without a
// back-off, which the kubelet has forgotten (pkg/kubelet/kuberuntime/kuberuntime_manager.go,
// computePodActions). It takes what the API server has as the pod's status.
func (p *Pod) Restart(now sim.Time) {
	if !p.down || p.gone {
		return
	}
	p.down, p.evicted, p.shut = false, false, false // of which the new kubelet knows nothing
	if p.told.terminal() {
		p.worker.stage = finished
		return
	}
	p.worker.init(p)
	p.observed, p.probes = p.worker.last, nil
	p.box = min(p.box, sandboxNotReady)
	if p.box == sandboxReady {
		p.box = sandboxNotReady
	}
	p.boxCached, p.status = p.box, p.told
	clear(p.waits)
	clear(p.pulls)
	for _, c := range p.all {
		c.backoff = backoff.Backoff{Longest: p.host.longestBackoff}
		c.startup, c.readiness, c.liveness = nil, nil, nil
		c.closing = false
		c.revive()
	}
	if p.deadline.at != sim.Never {
		p.deadline.loop.Set(p.host.nextTick(max(p.deadline.at, now) - 1))
	}
	p.update(now)
}

// revive is what the runtime shows of a container after the reboot. Init containers
// are removed when a sandbox is made (purgeInitContainers), so that they begin anew.
func (c *Container) revive() {
	switch {
	case c.isInit || c.lives == 0:
		c.shown = none()
	default:
		c.shown = seen{life: c.lives - 1, exit: c.last}
		c.stale = true
	}
	c.cached = c.shown
}
