package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// Exit codes of processes that nobody asked to end.
const (
	codeKilled  = 137 // SIGKILL
	codeUnknown = 255 // what the runtime gives a container that it finds dead after a reboot
)

// Crash is the end of the machine: what it pulls is lost; images that it has
// stay. The caller crashes its pods.
func (h *Host) Crash() { h.images.crash() }

// Crash is the end of the pod's machine: its processes die at once and the
// kubelet tells nobody. Restart brings the pod back.
func (p *Pod) Crash(now sim.Time) {
	if p.gone || p.down {
		return
	}
	p.down = true
	p.die(now, causeMachine, codeUnknown)
}

// Kill ends the pod at once: SIGKILL to all its processes, without grace.
func (p *Pod) Kill(now sim.Time) {
	if p.gone {
		return
	}
	p.gone = true
	p.host.forget(p)
	if !p.down {
		p.die(now, causeForced, codeKilled)
	}
}

// die ends the processes and whatever the pod has under way.
func (p *Pod) die(now sim.Time, why cause, code int32) {
	p.pulling = false
	for _, c := range p.Containers() {
		for _, pr := range c.probes {
			pr.stop()
		}
		c.retry.Stop()
		if c.state == running {
			c.message = ""
			c.end(now, why, code)
		}
	}
}

// Restart is the kubelet's first sync of the pod after its machine came back:
// the sandbox is gone, so init containers run again and all others start anew,
// without a back-off, which the kubelet has forgotten
// (pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions).
func (p *Pod) Restart(now sim.Time) {
	if !p.down || p.gone {
		return
	}
	p.down = false
	if p.finished {
		return
	}
	if p.ready {
		p.ready = false
		p.observer.Ready(now, false)
	}
	clear(p.waits)
	for _, c := range p.Containers() {
		c.backoff = restartBackoff{}
		c.closing = false
		if c.state == exited && p.isInit(c) {
			c.state, c.lives = waiting, 0
		}
		for _, pr := range c.probes {
			pr.restart(now)
		}
	}
	p.sync(now)
}

// restart is a new worker for a pod that the kubelet takes up again.
func (p *probe) restart(now sim.Time) {
	p.result, p.last, p.run, p.onHold, p.announced = p.initial(), unknown, 0, false, false
	p.ticker.Set(now.Add(p.period))
}
