package sched

import (
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// binding is a pod between the decision for a node and its outcome.
type binding struct {
	*attempt
	assumed *framework.QueuedPodInfo
	node    string
}

var errNotBound = errors.New("binding rejected")

// BindFailed tells the scheduler that the pod that ScheduleOne placed could
// not be bound. As in handleBindingCycleError its resources are freed, pods
// that wait for some are tried again, and it goes to the back-off queue. It
// does nothing for a pod that isn't being bound.
func (s *Scheduler) BindFailed(p *v1.Pod) Result { return s.bindFailed(p, errNotBound) }

// VolumesFailed is BindFailed of a pod whose volumes were not bound, for a reason.
func (s *Scheduler) VolumesFailed(p *v1.Pod, why error) Result {
	return s.bindFailed(p, fmt.Errorf("running PreBind plugin %q: binding volumes: %w", names.VolumeBinding, why))
}

func (s *Scheduler) bindFailed(p *v1.Pod, why error) Result {
	s.begin(false)
	b := s.binding[p.UID]
	if b == nil {
		return Result{}
	}
	delete(s.binding, p.UID)
	s.effects.reset()
	s.unreserve(b.attempt, b.assumed.Pod, b.node)
	s.upstream.SchedulingQueue.MoveAllToActiveOrBackoffQueue(s.logger, framework.EventAssignedPodDelete, b.assumed.Pod,
		nil, nil)
	b.info, b.nominating = b.assumed, clearNomination
	return s.fail(b.attempt, fwk.AsStatus(why))
}

// Forget undoes the placement of a pod that was deleted while it was being
// bound. DeletePod does so by itself; for any other pod it does nothing.
func (s *Scheduler) Forget(p *v1.Pod) {
	s.begin(false)
	s.forget(p)
}

func (s *Scheduler) forget(p *v1.Pod) {
	b := s.binding[p.UID]
	if b == nil {
		return
	}
	delete(s.binding, p.UID)
	s.unreserve(b.attempt, b.assumed.Pod, b.node)
	s.upstream.SchedulingQueue.MoveAllToActiveOrBackoffQueue(s.logger, framework.EventAssignedPodDelete, b.assumed.Pod,
		nil, nil)
}
