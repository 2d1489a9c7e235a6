package keda

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// recorder keeps what was told of a ScaledObject last.
type recorder struct{ last record.Activation }

// differs reports whether a turn is not the one before again, and keeps it then.
func (k *recorder) differs(r record.Activation) bool {
	l := k.last
	if r.From == r.To && r.Active == l.Active && r.Reason == l.Reason && fmt.Sprint(r.Failed) == fmt.Sprint(l.Failed) {
		return false
	}
	k.last = r
	return true
}

// record writes a turn that differs from the one before.
func (s *state) record(r record.Activation) {
	if !s.recorder.differs(r) {
		return
	}
	r.ScaledObject, r.Workload, r.At = kinds.KeyOf(s.api), s.target().Workload, s.c.At()
	s.c.Record(r)
}
