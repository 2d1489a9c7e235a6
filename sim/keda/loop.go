package keda

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// reconcile brings the autoscaler in line, and the scale loop
// (scaledobject_controller.go, reconcileScaledObject).
func (s *state) reconcile(now sim.Time) {
	if s.c.states[s.api.UID] != s {
		return // it is deleted
	}
	s.again.Stop()
	t := s.target()
	if t.Scale != nil && s.original < 0 {
		s.original = t.Scale.Spec.Replicas
	}
	if paused, to := s.api.IsPaused(); paused {
		s.timer.Stop()
		s.deleteAutoscaler()
		if to != nil && t.Scale != nil && t.Scale.Spec.Replicas != *to {
			s.scale(t, *to)
		}
		s.record(record.Activation{Reason: "ScaledObject is paused"})
		return
	}
	if err := s.applyAutoscaler(t.Workload); err != nil {
		s.tryAgain()
		return
	}
	s.failures = 0
	s.timer.Set(now)
}

// tryAgain reconciles later, after a delay that doubles with each failure
// (controller-runtime, pkg/controller, which has the rate limiter of Kubernetes'
// own controllers).
func (s *state) tryAgain() {
	delay := min(manager.LastRetry, manager.FirstRetry<<min(s.failures, 20))
	s.failures++
	s.again.Set(s.c.Now().Add(delay))
}

// applyAutoscaler makes the HorizontalPodAutoscaler, or gives the one that is
// there the spec. The error is the API server's answer to a new one.
func (s *state) applyAutoscaler(workload string) error {
	o := keda.Autoscaler(s.api)
	old, known := s.autoscaler()
	if !known {
		o.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(s.api, keda.GroupVersionKind)}
		return s.c.Create(o, apiserver.Request{Workload: workload})
	}
	next := old.DeepCopy()
	next.Spec = o.Spec
	s.c.Fail(s.c.Replace(old, next))
	return nil
}

func (s *state) deleteAutoscaler() {
	if o, known := s.autoscaler(); known {
		s.c.Store.Delete(o, record.Deleted)
	}
}

func (s *state) autoscaler() (*autoscalingv2.HorizontalPodAutoscaler, bool) {
	return apiserver.Find[*autoscalingv2.HorizontalPodAutoscaler](s.c.Store, s.api.Namespace, s.api.AutoscalerName())
}

// poll is a turn of the scale loop.
func (s *state) poll(now sim.Time) {
	s.timer.Set(now.Add(time.Duration(s.api.PollingInterval()) * time.Second))
	t := s.target()
	if t.Scale == nil {
		s.record(record.Activation{Reason: "the scale target was not found"})
		return
	}
	replicas := t.Scale.Spec.Replicas
	d := keda.Poll(s.api, &s.memory, s.ask(now), replicas, s.ready(t), s.c.Wall(now))
	r := record.Activation{Active: d.Active, From: replicas, To: replicas, Reason: d.Reason, Failed: d.Failed}
	if d.Scale != nil && *d.Scale != replicas {
		r.To = *d.Scale
		s.scale(t, *d.Scale)
	}
	s.record(r)
}

// target is what the ScaledObject refers to.
func (s *state) target() apiserver.Scalable {
	return s.c.Scale(s.api.Namespace, s.api.TargetKind(), s.api.Spec.ScaleTargetRef.Name)
}

func (s *state) scale(t apiserver.Scalable, to int32) {
	s.c.Record(record.Scaled{At: s.c.At(), Workload: t.Workload, From: t.Scale.Spec.Replicas, To: to, By: record.ByKEDA})
	s.c.Fail(t.Write(to))
}

// ready counts the Ready pods of the target.
func (s *state) ready(t apiserver.Scalable) (n int) {
	for _, p := range s.c.Selected(s.api.Namespace, t.Selector()) {
		if o := p.Object(); o.Status.Phase == v1.PodRunning && podutil.IsPodReady(o) {
			n++
		}
	}
	return n
}
