package machine

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// The pod as kubelet.Observer: what its kubelet finds is recorded, and told to
// the API.

// observe records what happens to the pod on its node, as long as it has an object:
// of what is left after a deletion without grace nobody knows.
func (p *Pod) observe(r record.Record) {
	if !p.api.Gone() {
		p.machines.Record(r)
	}
}

// Waiting implements kubelet.Observer.
func (p *Pod) Waiting(_ sim.Time, w kubelet.Waiting) {
	m := p.machines
	p.observe(record.ContainerWaiting{At: m.At(), Pod: p.api.Key(), Container: w.Container, Reason: w.Reason,
		Message: w.Message, Until: w.Until, Exit: w.Exit})
}

// Pulled implements kubelet.Observer.
func (p *Pod) Pulled(_ sim.Time, image string, bytes int64, wait, took time.Duration) {
	m := p.machines
	p.observe(record.ImagePulled{
		At: m.At(), Pod: p.api.Key(), Node: p.api.Node(), Image: image, Bytes: bytes, Wait: sim.Time(wait),
		Took: sim.Time(took),
	})
}

// Started implements kubelet.Observer.
func (p *Pod) Started(_ sim.Time, container string, restarts int32) {
	m := p.machines
	p.observe(record.ContainerStarted{At: m.At(), Pod: p.api.Key(), Container: container, Restarts: restarts})
}

// Serving implements kubelet.Observer.
func (p *Pod) Serving(_ sim.Time, container string, took time.Duration) {
	m := p.machines
	p.observe(record.ContainerServing{At: m.At(), Pod: p.api.Key(), Container: container, Took: sim.Time(took)})
}

// Killing implements kubelet.Observer.
func (p *Pod) Killing(_ sim.Time, container, message string) {
	m := p.machines
	p.observe(record.ContainerKilling{At: m.At(), Pod: p.api.Key(), Container: container, Message: message})
}

// Hooked implements kubelet.Observer.
func (p *Pod) Hooked(_ sim.Time, container string, end kubelet.HookEnd) {
	p.observe(record.ContainerHook{At: p.machines.At(), Pod: p.api.Key(), Container: container, Hook: end.Name,
		Took: sim.Time(end.Took), Failed: end.Failed, Cut: end.Cut})
}

// Exited implements kubelet.Observer.
func (p *Pod) Exited(_ sim.Time, container string, t kubelet.Terminated) {
	m := p.machines
	p.observe(record.ContainerExited{
		At: m.At(), Pod: p.api.Key(), Container: container, ExitCode: t.Code, Reason: t.Reason,
		Cause:   record.ExitCause(t.Cause),
		Message: t.Message, Uptime: sim.Time(t.Uptime), Memory: t.Memory, Limit: t.Limit, InFlight: t.InFlight,
	})
}

// ProcessKilled implements kubelet.Observer.
func (p *Pod) ProcessKilled(_ sim.Time, container string, bytes, limit int64) {
	m := p.machines
	p.observe(record.ProcessKilled{At: m.At(), Pod: p.api.Key(), Container: container, Memory: bytes, Limit: limit})
}

// ProbeFailed implements kubelet.Observer.
func (p *Pod) ProbeFailed(_ sim.Time, container, probe, message string, failures int) {
	m := p.machines
	p.observe(record.ProbeFailed{
		At: m.At(), Pod: p.api.Key(), Container: container, Probe: probe, Message: message, Failures: failures,
	})
}

// ProbePassed implements kubelet.Observer.
func (p *Pod) ProbePassed(_ sim.Time, container, probe string, asked bool) {
	m := p.machines
	p.observe(record.ProbePassed{At: m.At(), Pod: p.api.Key(), Container: container, Probe: probe, Asked: asked})
}

// Evicted implements kubelet.Observer. The API learns of it with the phase.
func (p *Pod) Evicted(_ sim.Time, message string, why kubelet.Choice) {
	m := p.machines
	p.evicted, p.exceeded = message, why.Exceeded != nil
	r := record.PodEvicted{
		At: m.At(), Pod: p.api.Key(), Node: p.api.Node(), Message: message, Among: why.Among, Used: why.Used,
		Requested: why.Requested, Priority: why.Priority, Unknown: why.Unknown,
	}
	if why.Resource != v1.ResourceMemory {
		r.Resource = string(why.Resource)
	}
	if e := why.Exceeded; e != nil {
		r.Exceeded = &record.StorageLimit{Kind: record.StorageLimitKind(e.Kind), Of: e.Of, Bytes: e.Bytes}
	}
	p.observe(r)
}

// ShutDown implements kubelet.Observer.
func (p *Pod) ShutDown(sim.Time) { p.shut = true }

// sayEvicted puts into the status why a pod failed.
func (p *Pod) sayEvicted(next *v1.Pod) {
	if p.shut && p.evicted == "" {
		p.sayShutDown(next)
		return
	}
	if p.evicted == "" {
		return
	}
	if next.Status.Phase == v1.PodFailed { // a process that left with 0 in time makes it Succeeded
		next.Status.Reason, next.Status.Message = "Evicted", p.evicted
	}
	if p.exceeded { // localStorageEviction gives no condition
		return
	}
	p.machines.SetCondition(next, v1.DisruptionTarget, v1.ConditionTrue, v1.PodReasonTerminationByKubelet, p.evicted)
}

// Gone implements kubelet.Observer.
func (p *Pod) Gone(sim.Time) {
	if !p.api.Gone() {
		p.ended()
	}
}

// ended is the end of a pod under deletion on its node. What a finalizer holds
// stays, in the phase that its containers give it (getPhase in
// pkg/kubelet/kubelet_pods.go, TerminatePod in status/status_manager.go).
func (p *Pod) ended() {
	o, phase := p.api.Object(), v1.PodSucceeded
	for _, c := range o.Spec.Containers {
		i := slices.IndexFunc(o.Status.ContainerStatuses, func(s v1.ContainerStatus) bool { return s.Name == c.Name })
		if i < 0 {
			phase = v1.PodFailed
		} else if t := o.Status.ContainerStatuses[i].State.Terminated; t == nil || t.ExitCode != 0 {
			phase = v1.PodFailed
		}
	}
	p.api.Leave(phase)
}
