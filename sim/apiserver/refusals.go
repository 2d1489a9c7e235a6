package apiserver

import (
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver/admission"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// refused records that the API server did not accept an object of a workload. Equal
// answers are counted, not repeated. The first one is recorded at once. The number
// of the others is recorded when the answer changes, when an object is accepted, or
// at the end.
func (s *Store) refused(workload string, o kinds.Object, err error) {
	kind := s.Kinds.NameOf(o)
	r := record.CreationRefused{Workload: workload, Object: kind, Message: err.Error(), Count: 1}
	if owner := metav1.GetControllerOf(o); owner != nil {
		r.By = owner.Kind + " " + kinds.Key(o.GetNamespace(), owner.Name)
	} else if by := record.ParseKey(workload); by.Kind != kinds.Pod {
		r.By = by.Object() // of a claim
	}
	var answer *admission.Refusal
	if errors.As(err, &answer) {
		r.Policy = answer.Policy
		for _, s := range answer.Short {
			r.Short = append(r.Short, record.Shortage{
				Resource: s.Resource, Requested: s.Requested.String(), Used: s.Used.String(), Hard: s.Hard.String(),
			})
		}
	}
	k := workload + " " + kind
	if last, known := s.refusals.get(k); known {
		if last.first.By == r.By && last.first.Policy == r.Policy && sameResources(last.first.Short, r.Short) {
			last.more++
			last.last = s.Now()
			return
		}
		s.flushRefusals(last)
	}
	r.At = s.At()
	s.refusals.put(k, &refusals{first: r})
	s.Record(r)
}

// refusals is an answer of the API server that a workload gets again and again.
type refusals struct {
	first record.CreationRefused
	more  int64    // times after the first
	last  sim.Time // of the last of those
}

func sameResources(a, b []record.Shortage) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Resource != b[i].Resource {
			return false
		}
	}
	return true
}

func (s *Store) flushRefusals(last *refusals) {
	if last.more == 0 {
		return
	}
	r := last.first
	r.At, r.Count, r.Since, r.Last = s.At(), last.more, last.first.T, last.last
	s.Record(r)
	last.more = 0
}

// FlushRefusals records what was refused again and again up to now.
func (s *Store) FlushRefusals() {
	for r := range s.refusals.each() {
		s.flushRefusals(r)
	}
}

// taken ends a run of refusals.
func (s *Store) taken(workload, kind string) {
	k := workload + " " + kind
	if last, known := s.refusals.get(k); known {
		s.flushRefusals(last)
		s.refusals.remove(k)
	}
}
