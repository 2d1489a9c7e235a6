package apiserver

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Strategy is what the API server makes of the objects of a kind
// (pkg/registry, strategy.go of each).
type Strategy interface {
	// PrepareForCreate completes a new object, whose metadata are set.
	PrepareForCreate(o kinds.Object)
	// PrepareForUpdate completes what somebody sent in place of old: it counts the
	// generation and keeps the status. An error is the server's answer.
	PrepareForUpdate(old, next kinds.Object) error
}

// SetStrategy gives the objects of a kind a strategy. Without one they are kept
// as they are sent.
func (s *Store) SetStrategy(kind string, strategy Strategy) { s.strategies[kind] = strategy }

// Request says how an object is sent.
type Request struct {
	// Workload is the workload whose controller sends it, as records name it; "" of
	// a person. What is refused to a controller is counted, see refusals.go.
	Workload string
}

// Create is an object sent to the API server: it takes it, or the error is its
// answer. Pods go through CreatePod.
func (s *Store) Create(o kinds.Object, by Request) error {
	k := s.Kinds.Of(o)
	if s.Get(k.Kind, o.GetNamespace(), o.GetName()) != nil {
		return apierrors.NewAlreadyExists(k.Resource, o.GetName())
	}
	if err := s.Admission.AdmitObject(o); err != nil {
		if by.Workload != "" {
			s.refused(by.Workload, o, err)
		}
		return err
	}
	if by.Workload != "" {
		s.taken(by.Workload, k.Kind)
	}
	o.SetUID(s.uidOf(k))
	o.SetGeneration(1)
	o.SetCreationTimestamp(metav1.NewTime(s.WallNow().Truncate(time.Second)))
	if strategy := s.strategies[k.Kind]; strategy != nil {
		strategy.PrepareForCreate(o)
	}
	s.workloads[o.GetUID()] = s.workloadOf(o)
	s.put(o)
	delete(s.absent, refOf(k.Kind, o))
	s.Admission.Set(o)
	s.tell(Change{New: o})
	return nil
}

// Update replaces the object seen by next. It is a conflict when seen is not what is
// stored any more.
func (s *Store) Update(seen, next kinds.Object) error {
	if s.Stored(seen) != seen {
		return s.conflict(seen)
	}
	return s.Replace(seen, next)
}

// Replace is Update for callers that have just read old from the store. accepted
// runs when the server has accepted next and has not yet written it.
func (s *Store) Replace(old, next kinds.Object, accepted ...func()) error {
	k := s.Kinds.Of(old)
	if strategy := s.strategies[k.Kind]; strategy != nil {
		if err := strategy.PrepareForUpdate(old, next); err != nil {
			return err
		}
	}
	for _, f := range accepted {
		f()
	}
	delete(s.absent, refOf(k.Kind, next))
	if unchanged(old, next) {
		return nil
	}
	if a, b := metav1.GetControllerOf(old), metav1.GetControllerOf(next); a != nil && (b == nil || a.UID != b.UID) {
		s.disown(old)
	}
	s.put(next)
	s.Admission.Set(next)
	s.tell(Change{Old: old, New: next})
	return nil
}

// UpdateStatus is Update of the status alone.
func (s *Store) UpdateStatus(seen, next kinds.Object) error {
	if s.Stored(seen) != seen {
		return s.conflict(seen)
	}
	if unchanged(seen, next) {
		return nil
	}
	s.put(next)
	s.tell(Change{Old: seen, New: next, Status: true})
	return nil
}

// SetHold says which objects of a kind stay in the API when they are deleted, until they
// are deleted again: their finalizer holds them.
func (s *Store) SetHold(kind string, hold func(kinds.Object) bool) {
	if s.holds == nil {
		s.holds = map[string]func(kinds.Object) bool{}
	}
	s.holds[kind] = hold
}

// Delete takes an object out of the API. What it owned is the garbage collector's.
func (s *Store) Delete(o kinds.Object, why record.Deletion) {
	k := s.Kinds.Of(o)
	if hold := s.holds[k.Kind]; hold != nil && hold(o) {
		s.terminate(o)
		return
	}
	s.drop(o)
	s.Admission.Unset(k.Kind, o.GetNamespace(), o.GetName())
	s.tell(Change{Old: o, Why: why})
	delete(s.workloads, o.GetUID())
	delete(s.scales, o.GetUID())
}

// terminate marks an object as one that goes when nothing holds it any more.
func (s *Store) terminate(o kinds.Object) {
	if o.GetDeletionTimestamp() != nil {
		return
	}
	next := o.DeepCopyObject().(kinds.Object)
	now := metav1.NewTime(s.WallNow().Truncate(time.Second))
	next.SetDeletionTimestamp(&now)
	s.put(next)
	s.tell(Change{Old: o, New: next})
}
