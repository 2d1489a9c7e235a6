package cluster

import (
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// scaledObject is a ScaledObject and what KEDA's operator remembers of it.
type scaledObject struct {
	world    *World
	api      *keda.ScaledObject
	state    keda.State
	timer    sim.Timer
	original int32 // replicas of the target before it was scaled
	last     record.Activation
}

func (w *World) applyScaledObject(o *keda.ScaledObject) {
	k := key(o.Namespace, o.Name)
	s, known := w.scaledObjects.get(k)
	if known && apiequality.Semantic.DeepEqual(s.api.Spec, o.Spec) && apiequality.Semantic.DeepEqual(s.api.Annotations, o.Annotations) {
		return
	}
	if !known {
		w.admitNew(&o.ObjectMeta)
		s = &scaledObject{world: w, state: keda.State{Created: o.CreationTimestamp.Time}, original: -1}
		s.timer.Init(w.loop, sim.PhaseControl, s.poll)
		w.scaledObjects.put(k, s)
	} else if old := s.api.AutoscalerName(); old != o.AutoscalerName() {
		s.deleteAutoscaler()
	}
	s.api = o
	// The operator makes the autoscaler and begins a new loop.
	w.loop.After(w.spec.Latencies.Autoscaler, sim.PhaseControl, sim.Func(s.reconcile))
}

// reconcile brings the autoscaler in line, and the scale loop
// (scaledobject_controller.go, reconcileScaledObject).
func (s *scaledObject) reconcile(now sim.Time) {
	if current, known := s.world.scaledObjects.get(key(s.api.Namespace, s.api.Name)); !known || current != s {
		return
	}
	t := s.target()
	if t.scale != nil && s.original < 0 {
		s.original = t.scale.Spec.Replicas
	}
	if paused, to := s.api.IsPaused(); paused {
		s.timer.Stop()
		s.deleteAutoscaler()
		if to != nil && t.scale != nil && t.scale.Spec.Replicas != *to {
			s.scale(t, *to)
		}
		s.record(record.Activation{Reason: "ScaledObject is paused"})
		return
	}
	s.world.applyAutoscaler(keda.Autoscaler(s.api))
	s.timer.Set(now)
}

func (s *scaledObject) deleteAutoscaler() {
	if a, known := s.world.autoscalers.get(key(s.api.Namespace, s.api.AutoscalerName())); known {
		a.delete()
	}
}

func (s *scaledObject) target() scalable {
	return s.world.scalable(s.api.Namespace, s.api.TargetKind(), s.api.Spec.ScaleTargetRef.Name)
}

// poll is a turn of the scale loop.
func (s *scaledObject) poll(now sim.Time) {
	s.timer.Set(now.Add(time.Duration(s.api.PollingInterval()) * time.Second))
	t := s.target()
	if t.scale == nil {
		s.record(record.Activation{Reason: "the scale target was not found"})
		return
	}
	replicas := t.scale.Spec.Replicas
	d := keda.Poll(s.api, &s.state, s.ask(now), replicas, s.ready(t), s.world.wall(now))
	r := record.Activation{Active: d.Active, From: replicas, To: replicas, Reason: d.Reason, Failed: d.Failed}
	if d.Scale != nil && *d.Scale != replicas {
		r.To = *d.Scale
		s.scale(t, *d.Scale)
	}
	s.record(r)
}

func (s *scaledObject) scale(t scalable, to int32) {
	s.world.record(record.Scaled{At: s.world.at(), Workload: t.key, From: t.scale.Spec.Replicas, To: to, By: record.ByKEDA})
	t.write(to)
}

// record writes a turn that differs from the one before.
func (s *scaledObject) record(r record.Activation) {
	r.ScaledObject, r.Workload = key(s.api.Namespace, s.api.Name), s.target().key
	l := s.last
	if r.From == r.To && r.Active == l.Active && r.Reason == l.Reason && fmt.Sprint(r.Failed) == fmt.Sprint(l.Failed) {
		return
	}
	s.last = r
	r.At = s.world.at()
	s.world.record(r)
}

// ready counts the Ready pods of the target.
func (s *scaledObject) ready(t scalable) (n int) {
	selector := t.selects()
	for _, p := range s.world.pods.inOrder() {
		if p.api.Namespace == s.api.Namespace && p.api.Status.Phase == v1.PodRunning && podutil.IsPodReady(p.api) && selector.Matches(labels.Set(p.api.Labels)) {
			n++
		}
	}
	return n
}

// ask gives the values of the triggers: of a queue at this instant, or of a
// metric as Prometheus has it.
func (s *scaledObject) ask(now sim.Time) keda.Asker {
	return func(i int) (float64, error) {
		trigger := &s.api.Spec.Triggers[i]
		name := trigger.Source()
		if value, known := s.world.metrics.custom[key(s.api.Namespace, name)]; known {
			return float64(value) / 1000, nil
		}
		if q, known := s.world.queue(name); known {
			waiting, unacknowledged := s.world.network.Service(q.Key).Messages()
			if trigger.WithUnacknowledged() {
				waiting += unacknowledged
			}
			return float64(waiting), nil
		}
		var sum float64
		found := false
		for _, m := range s.world.monitoring.names[key(s.api.Namespace, name)] {
			if value, known := m.total(now); known {
				sum += float64(value) / 1000
				found = true
			}
		}
		switch {
		case found:
			return sum, nil
		case trigger.Type == "prometheus" && trigger.Metadata["ignoreNullValues"] != "false":
			return 0, nil
		}
		return 0, errors.New("no value")
	}
}

// externalMetric answers an autoscaler for the metrics of a ScaledObject.
func (s *scaledObject) externalMetric(now sim.Time, trigger int) (int64, error) {
	t := s.target()
	var replicas int32
	ready := 0
	if t.scale != nil {
		replicas, ready = t.scale.Spec.Replicas, s.ready(t)
	}
	value, err := keda.Answer(s.api, &s.state, trigger, s.ask(now), replicas, ready)
	return int64(value * 1000), err
}

func (s *scaledObject) delete() {
	s.timer.Stop()
	s.deleteAutoscaler()
	if a := s.api.Spec.Advanced; a != nil && a.RestoreToOriginalReplicaCount && s.original >= 0 {
		if t := s.target(); t.scale != nil && t.scale.Spec.Replicas != s.original {
			s.scale(t, s.original)
		}
	}
	s.world.scaledObjects.remove(key(s.api.Namespace, s.api.Name))
}
