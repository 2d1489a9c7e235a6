package cluster

import (
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// held reports whether the pod stays in the API until the Job controller has
// counted it. Other finalizers than the controller's are not looked at.
func (p *pod) held() bool {
	_, ofJob := p.owner.(*batchJob)
	return ofJob && !p.removed && slices.Contains(p.api.Finalizers, batchv1.JobTrackingFinalizer)
}

// release takes the Job controller's finalizer off the pod, which disappears if
// that is all that is left of it.
func (p *pod) release() {
	if !p.held() {
		return
	}
	p.write(func(next *v1.Pod) {
		next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == batchv1.JobTrackingFinalizer })
	})
	if grace := p.api.DeletionGracePeriodSeconds; p.api.DeletionTimestamp != nil && grace != nil && *grace == 0 {
		p.remove()
	}
}

// ended is the end of a pod under deletion on its node. What a finalizer holds
// stays, in the phase that its containers give it (getPhase in
// pkg/kubelet/kubelet_pods.go, TerminatePod in status/status_manager.go).
func (p *pod) ended() {
	if len(p.exits) > 0 {
		p.write(p.tellExits)
	}
	phase := v1.PodSucceeded
	for _, c := range p.api.Spec.Containers {
		i := slices.IndexFunc(p.api.Status.ContainerStatuses, func(s v1.ContainerStatus) bool { return s.Name == c.Name })
		if i < 0 {
			phase = v1.PodFailed
		} else if t := p.api.Status.ContainerStatuses[i].State.Terminated; t == nil || t.ExitCode != 0 {
			phase = v1.PodFailed
		}
	}
	p.leave(phase)
}

// leave takes the pod out of the API, or leaves of it what a finalizer holds. A
// phase is written unless it has ended before; "" is of a pod that nobody can
// say anything about.
func (p *pod) leave(phase v1.PodPhase) {
	if !p.held() {
		p.remove()
		return
	}
	p.free()
	if over := p.api.Status.Phase == v1.PodSucceeded || p.api.Status.Phase == v1.PodFailed; over {
		phase = ""
	}
	if phase != "" {
		p.world.record(record.PodFinished{At: p.world.at(), Pod: p.name(), Phase: string(phase)})
	}
	p.write(func(next *v1.Pod) {
		if phase != "" {
			p.firstStatus(next)
			next.Status.Phase = phase
			p.setCondition(next, v1.ContainersReady, v1.ConditionFalse, "PodCompleted", "")
			p.setCondition(next, v1.PodReady, v1.ConditionFalse, "PodCompleted", "")
		}
		if next.DeletionTimestamp == nil {
			next.DeletionTimestamp = &metav1.Time{Time: p.world.wall(p.world.loop.Now()).Truncate(time.Second)}
		}
		next.DeletionGracePeriodSeconds = new(int64)
	})
	if phase != "" {
		p.world.lifecycle.podEnded(p)
	}
	p.changed()
	if p.api.Spec.NodeName == "" {
		p.world.lifecycle.collectLater() // who says that it has failed
	}
}
