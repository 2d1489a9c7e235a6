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

// Status implements kubelet.Observer: the kubelet's write of a pod's status.
func (p *Pod) Status(_ sim.Time, s kubelet.Status) {
	if p.api.Gone() {
		return
	}
	m, o := p.machines, p.api.Object()
	turned := s.Ready != podutil.IsPodReady(o)
	ended := over(s.Phase) && !over(o.Status.Phase)
	if turned {
		m.Record(record.PodReady{At: m.At(), Pod: p.api.Key(), Ready: s.Ready})
	}
	if ended {
		r := record.PodFinished{At: m.At(), Pod: p.api.Key(), Phase: string(s.Phase), Reason: s.Reason}
		if p.shut && p.evicted == "" && s.Phase == v1.PodFailed {
			r.Reason = record.Terminated
		}
		m.Record(r)
		m.Free(p.api)
	}
	concerns := apiserver.Nobody
	switch {
	case turned || ended:
		concerns = apiserver.Everybody
	case begun(s):
		concerns = apiserver.Network // it may have an address now
	}
	p.api.Write(concerns, func(next *v1.Pod) { p.fill(next, s, ended) })
}

// begun reports whether a container was ever started.
func begun(s kubelet.Status) bool {
	return slices.ContainsFunc(s.Containers, func(c kubelet.ContainerStatus) bool { return c.Life >= 0 })
}

func over(phase v1.PodPhase) bool { return phase == v1.PodSucceeded || phase == v1.PodFailed }

// fill writes what the kubelet tells into the API's object.
func (p *Pod) fill(next *v1.Pod, s kubelet.Status, ended bool) {
	p.firstStatus(next)
	if !over(next.Status.Phase) {
		next.Status.Phase = s.Phase
	}
	for i := range s.Containers {
		p.fillContainer(next, &s.Containers[i])
	}
	status, reason := v1.ConditionTrue, ""
	switch {
	case s.Phase == v1.PodFailed:
		status, reason = v1.ConditionFalse, "PodFailed"
	case s.Phase == v1.PodSucceeded:
		status, reason = v1.ConditionFalse, "PodCompleted"
	case !s.Ready:
		status, reason = v1.ConditionFalse, "ContainersNotReady"
	}
	p.machines.SetCondition(next, v1.ContainersReady, status, reason, "")
	p.machines.SetCondition(next, v1.PodReady, status, reason, "")
	if ended {
		if s.Reason != "" {
			next.Status.Reason = s.Reason
		}
		p.sayEvicted(next)
	}
}

func (p *Pod) fillContainer(next *v1.Pod, s *kubelet.ContainerStatus) {
	second := func(t sim.Time) metav1.Time { return metav1.NewTime(p.machines.Wall(t).Truncate(time.Second)) }
	status := containerStatus(next, s.Name)
	started := s.Started
	status.Started, status.Ready = &started, s.Ready
	switch {
	case s.Life < 0:
		status.State = v1.ContainerState{}
	case s.Running:
		status.RestartCount = s.Life
		status.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: second(s.Since)}}
	default:
		status.RestartCount = s.Life
		status.State = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{
			ExitCode: s.Exit.Code, Reason: s.Exit.Reason, FinishedAt: second(s.Exit.At),
		}}
	}
}
