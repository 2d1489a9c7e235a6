package loop

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// The scheduler looks each second whether the volumes of a pod are bound, and gives up
// after bindTimeout (binder.go, BindPodVolumes; VolumeBindingArgs.bindTimeoutSeconds).
const (
	bindPeriod  = time.Second
	bindTimeout = 600 * time.Second
)

// bindVolumes writes what a pod's volumes need and waits for them: then it is bound.
func (s *Scheduler) bindVolumes(p *apiserver.Pod, r sched.Result) {
	var writes []func() error
	for _, o := range r.Volumes.Volumes {
		writes = append(writes, func() error { return s.reserve(o) })
	}
	for _, o := range r.Volumes.Claims {
		writes = append(writes, func() error { return s.selectNode(o) })
	}
	s.writeVolumes(p, r, writes)
}

func (s *Scheduler) writeVolumes(p *apiserver.Pod, r sched.Result, writes []func() error) {
	if len(writes) == 0 {
		s.awaitVolumes(p, r, s.Now())
		return
	}
	var err error
	s.client.Write(func(sim.Time) { err = writes[0]() }, func(sim.Time) {
		if err != nil {
			s.notBound(p, s.upstream.VolumesFailed(p.Object(), err))
			return
		}
		s.writeVolumes(p, r, writes[1:])
	})
}

// reserve writes for which claim a volume is.
func (s *Scheduler) reserve(o *v1.PersistentVolume) error {
	old, known := apiserver.Find[*v1.PersistentVolume](s.Store, "", o.Name)
	if !known {
		return s.Missing("PersistentVolume", o.Name)
	}
	next := old.DeepCopy()
	next.Spec.ClaimRef, next.Annotations = o.Spec.ClaimRef, o.Annotations
	return s.Replace(old, next)
}

// selectNode writes for which machine a claim's volume is to be made.
func (s *Scheduler) selectNode(o *v1.PersistentVolumeClaim) error {
	old, known := apiserver.Find[*v1.PersistentVolumeClaim](s.Store, o.Namespace, o.Name)
	if !known {
		return s.Missing("PersistentVolumeClaim", o.Name)
	}
	next := old.DeepCopy()
	next.Annotations = o.Annotations
	return s.Replace(old, next)
}

// awaitVolumes looks again each second.
func (s *Scheduler) awaitVolumes(p *apiserver.Pod, r sched.Result, since sim.Time) {
	s.Loop.After(bindPeriod, sim.PhaseSchedule, sim.Func(func(now sim.Time) {
		if p.Gone() || p.Deleting() {
			s.upstream.BindFailed(p.Object())
			s.Kick()
			return
		}
		bound, err := s.upstream.Bound(&r.Volumes, r.Node)
		switch {
		case err == nil && bound:
			s.claimDevices(p, r, r.Claims)
		case err == nil && now >= since.Add(bindTimeout):
			s.notBound(p, s.upstream.VolumesFailed(p.Object(), context.DeadlineExceeded))
		case err != nil:
			s.notBound(p, s.upstream.VolumesFailed(p.Object(), err))
		default:
			s.awaitVolumes(p, r, since)
		}
	}))
}

// notBound lets a pod be tried again whose volumes were not bound, or claims not written.
func (s *Scheduler) notBound(p *apiserver.Pod, r sched.Result) {
	if r.Pod != nil && !p.Gone() {
		s.told[p.Object().UID] = r.Message
		s.Record(record.PodUnschedulable{At: s.At(), Pod: p.Key(), Reason: r.Reason, Message: r.Message})
	}
	s.Kick()
}
