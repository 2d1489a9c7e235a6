package machine

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// The pod as kubelet.Observer: what its kubelet finds is recorded, and told to
// the API.

// Waiting implements kubelet.Observer.
func (p *Pod) Waiting(_ sim.Time, container, reason, message string) {
	m := p.machines
	m.Record(record.ContainerWaiting{At: m.At(), Pod: p.api.Key(), Container: container, Reason: reason, Message: message})
}

// Pulled implements kubelet.Observer.
func (p *Pod) Pulled(_ sim.Time, image string, bytes int64, wait, took time.Duration) {
	m := p.machines
	m.Record(record.ImagePulled{
		At: m.At(), Pod: p.api.Key(), Node: p.api.Node(), Image: image, Bytes: bytes, Wait: sim.Time(wait), Took: sim.Time(took),
	})
}

// Started implements kubelet.Observer. From then on the pod has an address.
func (p *Pod) Started(_ sim.Time, container string, restarts int32) {
	m := p.machines
	m.Record(record.ContainerStarted{At: m.At(), Pod: p.api.Key(), Container: container, Restarts: restarts})
	p.api.Write(apiserver.Network, func(next *v1.Pod) {
		p.firstStatus(next)
		p.tellExits(next)
		status := containerStatus(next, container)
		status.RestartCount = restarts
		status.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: metav1.NewTime(m.WallNow().Truncate(time.Second))}}
		if allStarted(next) {
			next.Status.Phase = v1.PodRunning
		}
	})
}

func allStarted(next *v1.Pod) bool {
	for _, c := range next.Spec.Containers {
		if s := containerStatus(next, c.Name); s.State.Running == nil && s.RestartCount == 0 {
			return false
		}
	}
	return true
}

// Serving implements kubelet.Observer.
func (p *Pod) Serving(_ sim.Time, container string, took time.Duration) {
	m := p.machines
	m.Record(record.ContainerServing{At: m.At(), Pod: p.api.Key(), Container: container, Took: sim.Time(took)})
}

// Exited implements kubelet.Observer. The kubelet finds it at its next relist, and
// tells it with what it then does or finds.
func (p *Pod) Exited(now sim.Time, container string, t kubelet.Terminated) {
	m := p.machines
	m.Record(record.ContainerExited{
		At: m.At(), Pod: p.api.Key(), Container: container, ExitCode: t.Code, Reason: t.Reason, Cause: record.ExitCause(t.Cause),
		Message: t.Message, Uptime: sim.Time(t.Uptime), Memory: t.Memory, Limit: t.Limit, InFlight: t.InFlight,
	})
	if !m.Heard(p.api) {
		return
	}
	ended := metav1.NewTime(m.Wall(now).Truncate(time.Second))
	p.exits = append(p.exits, exit{container, v1.ContainerStateTerminated{ExitCode: t.Code, Reason: t.Reason, FinishedAt: ended}})
}

// tellExits fills in what has ended.
func (p *Pod) tellExits(next *v1.Pod) {
	for _, e := range p.exits {
		containerStatus(next, e.container).State = v1.ContainerState{Terminated: &e.state}
	}
	p.exits = nil
}

// ProbeFailed implements kubelet.Observer.
func (p *Pod) ProbeFailed(_ sim.Time, container, probe, message string) {
	m := p.machines
	m.Record(record.ProbeFailed{At: m.At(), Pod: p.api.Key(), Container: container, Probe: probe, Message: message})
}

// Ready implements kubelet.Observer.
func (p *Pod) Ready(_ sim.Time, ready bool) {
	m := p.machines
	if !ready && !podutil.IsPodReady(p.api.Object()) {
		return // the node lifecycle controller has said so
	}
	m.Record(record.PodReady{At: m.At(), Pod: p.api.Key(), Ready: ready})
	status, reason := v1.ConditionTrue, ""
	if !ready {
		status, reason = v1.ConditionFalse, "ContainersNotReady"
	}
	p.api.Write(apiserver.Everybody, func(next *v1.Pod) {
		p.tellExits(next)
		m.SetCondition(next, v1.ContainersReady, status, reason, "")
		m.SetCondition(next, v1.PodReady, status, reason, "")
	})
}

// Finished implements kubelet.Observer.
func (p *Pod) Finished(_ sim.Time, phase v1.PodPhase) {
	m := p.machines
	m.Record(record.PodFinished{At: m.At(), Pod: p.api.Key(), Phase: string(phase)})
	m.Free(p.api)
	p.api.Write(apiserver.Everybody, func(next *v1.Pod) {
		p.tellExits(next)
		next.Status.Phase = phase
		p.sayEvicted(next)
	})
}

// Evicted implements kubelet.Observer. The API learns of it with the phase.
func (p *Pod) Evicted(_ sim.Time, message string) {
	m := p.machines
	p.evicted = message
	m.Record(record.PodEvicted{At: m.At(), Pod: p.api.Key(), Node: p.api.Node(), Message: message})
}

// sayEvicted puts into the status why a pod failed.
func (p *Pod) sayEvicted(next *v1.Pod) {
	if p.evicted == "" {
		return
	}
	next.Status.Reason, next.Status.Message = "Evicted", p.evicted
	p.machines.SetCondition(next, v1.DisruptionTarget, v1.ConditionTrue, v1.PodReasonTerminationByKubelet, p.evicted)
}

// Gone implements kubelet.Observer.
func (p *Pod) Gone(sim.Time) { p.ended() }

// ended is the end of a pod under deletion on its node. What a finalizer holds
// stays, in the phase that its containers give it (getPhase in
// pkg/kubelet/kubelet_pods.go, TerminatePod in status/status_manager.go).
func (p *Pod) ended() {
	if len(p.exits) > 0 {
		p.api.Write(apiserver.Nobody, p.tellExits)
	}
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
