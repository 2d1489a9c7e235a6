package fold

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// sessions counts those of a Service.
type sessions struct {
	Started, ended     int64
	turns, turnsFailed int64
	Lost               [len(record.SessionCauses)]int64
}

func (s *sessions) add(rec *record.Sessions) error {
	if rec == nil {
		return nil
	}
	if rec.Started < 0 || rec.Ended < 0 {
		return fmt.Errorf("sessions: must be at least 0, got %d started and %d ended", rec.Started, rec.Ended)
	}
	if rec.TurnsFailed < 0 || rec.TurnsFailed > rec.Turns {
		return fmt.Errorf("sessions.turnsFailed: must be from 0 to turns, %d, got %d", rec.Turns, rec.TurnsFailed)
	}
	s.Started += rec.Started
	s.ended += rec.Ended
	s.turns += rec.Turns
	s.turnsFailed += rec.TurnsFailed
	for _, cause := range slices.Sorted(maps.Keys(rec.Lost)) {
		i, n := slices.Index(record.SessionCauses[:], cause), rec.Lost[cause]
		switch {
		case i < 0:
			return fmt.Errorf("sessions.lost: must be one of %v, got %q", record.SessionCauses, cause)
		case n < 0:
			return fmt.Errorf("sessions.lost.%s: must be at least 0, got %d", cause, n)
		}
		s.Lost[i] += n
	}
	return nil
}

func (s *sessions) merge(o sessions) {
	s.Started += o.Started
	s.ended += o.ended
	s.turns += o.turns
	s.turnsFailed += o.turnsFailed
	for i, n := range o.Lost {
		s.Lost[i] += n
	}
}

func (s *sessions) allLost() (sum int64) {
	for _, n := range s.Lost {
		sum += n
	}
	return sum
}

// result is nil for a Service without sessions.
func (s *sessions) result() *result.Sessions {
	if s.Started == 0 {
		return nil
	}
	r := &result.Sessions{Started: s.Started, Ended: s.ended, Turns: s.turns, TurnsFailed: s.turnsFailed,
		Lost: s.allLost(), LostByCause: map[record.SessionCause]int64{}}
	for i, cause := range record.SessionCauses {
		r.LostByCause[cause] = s.Lost[i]
	}
	return r
}
