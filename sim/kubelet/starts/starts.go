// Package starts is how the sandboxes and containers that a node makes at the same time
// share it.
package starts

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Share are the sandboxes and containers that a node makes at the same time.
// Each needs some seconds of work; when there are more than the node can do at
// full speed, they share it equally.
type Share struct {
	loop  *sim.Loop
	limit float64 // at full speed; 0 is no bound
	list  []*starting
	last  sim.Time
	next  sim.Timer
}

// starting is one piece of work.
type starting struct {
	left float64 // seconds at full speed
	done sim.Func
}

// nothingLeft is less than what a nanosecond does.
const nothingLeft = 1e-9

// Init is before the first work. Limit is how many are made at full speed; 0 is no bound.
func (s *Share) Init(loop *sim.Loop, limit float64) {
	s.loop, s.limit = loop, limit
	s.next.Init(loop, sim.PhaseMachine, s.fire)
}

// speed is how fast each piece goes on, at most 1.
func (s *Share) speed() float64 {
	if n := float64(len(s.list)); s.limit > 0 && n > s.limit {
		return s.limit / n
	}
	return 1
}

func (s *Share) advance(now sim.Time) {
	worked := (now - s.last).Seconds() * s.speed()
	s.last = now
	for _, w := range s.list {
		w.left -= worked
	}
}

// Add begins a piece of work and calls done at its end.
func (s *Share) Add(now sim.Time, work time.Duration, done sim.Func) {
	if work <= 0 {
		done(now)
		return
	}
	s.advance(now)
	s.list = append(s.list, &starting{left: work.Seconds(), done: done})
	s.arm(now)
}

func (s *Share) arm(now sim.Time) {
	if len(s.list) == 0 {
		s.next.Stop()
		return
	}
	least := s.list[0].left
	for _, w := range s.list {
		least = min(least, w.left)
	}
	s.next.Set(now.Add(time.Duration(max(least, 0)/s.speed()*float64(time.Second)) + 1))
}

func (s *Share) fire(now sim.Time) {
	s.advance(now)
	var ended []*starting
	kept := s.list[:0]
	for _, w := range s.list {
		if w.left <= nothingLeft {
			ended = append(ended, w)
		} else {
			kept = append(kept, w)
		}
	}
	s.list = kept
	for _, w := range ended {
		w.done(now)
	}
	s.arm(now)
}

// Crash forgets all work.
func (s *Share) Crash() {
	s.list = nil
	s.next.Stop()
}
